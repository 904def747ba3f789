"""The worker thread and its only door to the engine."""
