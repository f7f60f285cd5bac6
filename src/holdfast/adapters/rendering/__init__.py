"""Renders sources in worker processes that can be killed."""
