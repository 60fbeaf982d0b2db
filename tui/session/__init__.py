"""One run: a source, the world it tells of, the chronicle of it, and the chaos desk."""
