"""Budgets: typed, tried, solved and kept as the goal."""
