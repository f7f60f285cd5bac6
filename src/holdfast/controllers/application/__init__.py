"""Brings the objects of one Application to what its source says."""
