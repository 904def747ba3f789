"""Records a forward pass of any module, and re-executes only what depends on some of its weights."""
