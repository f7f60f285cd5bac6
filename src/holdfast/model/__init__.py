"""The nouns: our custom resources, object keys, what passes between stages, errors."""
