"""Pure data and functions: no torch, no Textual, no disk, no clock."""
