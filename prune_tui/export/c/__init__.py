"""Networks as a folder of C: the source and what builds it, tries it and explains it."""
