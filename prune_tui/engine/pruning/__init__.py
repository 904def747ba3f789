"""From a plan to masks: scores by the criterion, then the highest are kept."""
