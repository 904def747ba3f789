"""The datasets a user can pick: one file a family, one line here to add one."""
