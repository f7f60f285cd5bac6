"""How a preview of a revision is told."""
