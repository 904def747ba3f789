"""The sections of docs/STUDIES.md: what was published, and what our sessions recorded."""
