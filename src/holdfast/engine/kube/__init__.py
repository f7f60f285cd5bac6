"""Kubernetes semantics as pure functions: patches, field ownership, schemas, selectors."""
