"""What the engine costs beside a bare client that writes the same objects."""
