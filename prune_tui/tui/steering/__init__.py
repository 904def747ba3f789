"""Steers the worker: what it is given to do, what follows by itself, and how work is interrupted."""
