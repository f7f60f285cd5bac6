"""Short-lived tokens that open Git repositories, Helm repositories and registries."""
