"""Load balancers outside the cluster: what they serve."""
