"""Training and fine-tuning, with masks held."""
