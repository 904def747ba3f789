"""A network being pruned: its layers, groups and masks, its counts and its checkpoints."""
