"""The machines below a cluster: this one, the programs on it, and the container engines."""
