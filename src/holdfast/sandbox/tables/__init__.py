"""What `kubectl get` prints: the columns of each kind and their cells."""
