"""A real Kubernetes control plane for the tests: what the product's sandbox is held against."""
