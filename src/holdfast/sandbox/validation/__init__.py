"""What the server refuses of each built-in kind, in its own words."""
