"""An object becomes a health status and a message."""
