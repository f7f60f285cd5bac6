"""Decides the order in which a sync brings objects to what they should be."""
