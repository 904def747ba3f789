"""Reports: their figures as rows, and what renders them."""
