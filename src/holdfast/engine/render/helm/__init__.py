"""Helm charts: which values, which release, and what of the output is an object."""
