"""One file a kind of decision: it carries the decision out."""
