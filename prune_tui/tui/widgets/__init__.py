"""The widgets that screens are made of; one file per widget."""
