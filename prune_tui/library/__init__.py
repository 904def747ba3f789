"""prune-tui as a library: for notebooks and scripts, without a session and without a screen."""
