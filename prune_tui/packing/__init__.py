"""Arrays as few bytes without loss: deflated planes of bytes, and masks."""
