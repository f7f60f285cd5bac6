"""Small languages: YAML as Kubernetes reads it, globs, semantic versions."""
