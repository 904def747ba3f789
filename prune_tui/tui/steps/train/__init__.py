"""Step 4: the plan carried out."""
