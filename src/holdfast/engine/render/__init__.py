"""A tree of files becomes desired objects."""
