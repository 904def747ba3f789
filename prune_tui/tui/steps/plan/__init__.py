"""Step 3: the plan, edited in place."""
