"""Scans: what their curves say, how certain they are, and the accuracy that they predict."""
