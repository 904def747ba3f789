"""What opens over a step and gives an answer; one file a dialog."""
