"""The only rooms that speak to a Kubernetes API: contexts, connection, reflector, access review, gateway."""
