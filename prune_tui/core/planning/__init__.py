"""Plans: which groups are pruned how far, what that costs and saves, and how a budget is met."""
