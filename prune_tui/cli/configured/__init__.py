"""The command line's side of the configuration file."""
