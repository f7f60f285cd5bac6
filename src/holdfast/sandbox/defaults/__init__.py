"""What the server fills in for each built-in kind; the functions change the freshly decoded object that they are given."""
