"""The five steps; a step is a folder: its screen, its text, its panels."""
