"""The laws of what a user can pick."""
