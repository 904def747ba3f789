"""What the headless commands do, without the command line."""
