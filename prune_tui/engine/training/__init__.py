"""Training and fine-tuning, masks held."""
