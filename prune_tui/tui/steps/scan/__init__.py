"""Step 2: the sensitivity scan and the sweep."""
