"""The five steps; one file a step."""
