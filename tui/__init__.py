"""gapwatch: see Kubernetes reconcile. The folders are the architecture; README draws the map."""
