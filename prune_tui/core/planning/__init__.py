"""Plans: how far each group is pruned, what that costs and saves, and how a budget is met."""
