"""The workshop: its manifests, the kind cluster they run on, and the check of the machine before it."""
