"""The attempts on the screen: a picture of the trade-off, a list, and two plans side by side."""
