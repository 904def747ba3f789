"""Data that a user's own function returns: tensors, data sets or loaders, for any task."""
