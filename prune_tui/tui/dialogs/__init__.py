"""Dialogs: each opens over a step and returns an answer; one file per dialog."""
