"""Step 1: a model, a dataset, a baseline."""
