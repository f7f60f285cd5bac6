"""What the controllers need from outside, as narrow Protocols."""
