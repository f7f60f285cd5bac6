"""Charts and artifacts of Helm repositories and OCI registries, fetched once and kept by their digest."""
