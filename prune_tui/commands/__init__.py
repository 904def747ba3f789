"""The work of the headless commands, without their options and output."""
