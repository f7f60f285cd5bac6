"""Tells people and machines outside what happens to objects."""
