"""The table of layers: its rows, its columns by width, and their order."""
