"""Networks as the smallest file that three lines of numpy read."""
