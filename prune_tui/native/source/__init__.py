"""Writes a program as one C source."""
