"""From a plan to masks: scores by a criterion, of which the highest remain."""
