"""One file for each kind of decision, which carries it out."""
