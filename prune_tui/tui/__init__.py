"""The terminal app: shows views and posts decisions; imports no torch."""
