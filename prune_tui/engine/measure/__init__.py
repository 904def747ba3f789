"""What a network does: accuracy, latency, and how its weights are distributed."""
