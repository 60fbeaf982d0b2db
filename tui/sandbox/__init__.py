"""The sandbox: an embedded cluster that clients can't tell from a small real one, as far as its kinds go."""
