"""The workflow: the steps that can be entered, what comes next, and what is offered."""
