"""What a person sets once: the configuration file, and what the app remembers by itself."""
