"""A run: the events the engine tells, the view they fold into, and the report it ends with."""
