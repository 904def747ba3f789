"""How the sparsities that meet a target are found: for single weights, for units, and within a drop."""
