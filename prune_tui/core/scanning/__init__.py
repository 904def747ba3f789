"""Scans: what the curves say, how sure they are, and the accuracy they predict."""
