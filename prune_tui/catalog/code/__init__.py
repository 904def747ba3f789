"""A user's own files: what names them, which of them a session runs, and running them."""
