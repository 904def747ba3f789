"""How the sparsities that meet a target are found: for weights and blocks, for units, and within a drop."""
