"""The survey of torchvision's models: one model measured, the results as JSON lines, and the page."""
