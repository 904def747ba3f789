"""Networks as C: traced, fused, written as one source, built, run and timed."""
