"""Pure functions, facts in, conclusions out: the same facts always give the same answer."""
