"""Measures a network: accuracy, latency, and the distributions of its weights."""
