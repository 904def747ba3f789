"""How a plan is carried out: the dialog and its form."""
