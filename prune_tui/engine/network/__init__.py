"""A network to prune: its layers, units and masks, its counts and its checkpoints."""
