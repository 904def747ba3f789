"""Everything that runs torch: decisions go in, events come out; it knows no screen."""
