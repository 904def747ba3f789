"""Sessions: what was decided, what is legal, and their JSON form."""
