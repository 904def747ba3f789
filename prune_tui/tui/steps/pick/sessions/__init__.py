"""The list of sessions: reading it, drawing its rows, and branching, renaming and deleting."""
