"""What people wrote down: manifests in files, folders and streams, each with its place."""
