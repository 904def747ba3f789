"""Weights that were trained elsewhere: their files, fetching published ones, fitting them to a model."""
