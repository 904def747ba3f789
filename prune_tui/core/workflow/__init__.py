"""Workflow: which steps can be entered, what comes next, and what is offered."""
