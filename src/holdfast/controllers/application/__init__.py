"""Keeps Applications at what their sources say."""
