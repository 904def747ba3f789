"""The laws of prune-tui, in the order of its packages."""
