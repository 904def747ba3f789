"""Finds which positions of a module's parameters belong to one unit, by following them through a pass."""
