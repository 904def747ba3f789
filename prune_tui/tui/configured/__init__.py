"""What a person configures of the app: its keys and its theme."""
