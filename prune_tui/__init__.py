"""prune-tui: prune a neural network from the terminal, and prove the result."""

__version__ = "0.1.0"
