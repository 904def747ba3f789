"""Sessions played through the engine, with their files kept up to date."""
