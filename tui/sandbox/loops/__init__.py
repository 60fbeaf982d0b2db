"""The embedded cluster's controllers: one a file, each visibly the same loop.

Read `loop.py` first: *read desired, read actual, compare, act, wait* stands there once. Then
`replicaset.py`, the shortest whole controller, and from there any other: they differ only in
what they read and in the smallest action they take. Every loop speaks to the cluster through
its API alone, so each also runs against a real API server.
"""
