"""The long work, in torch: decisions go in, events come out; no screen is known here."""
