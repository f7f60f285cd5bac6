"""Desired and live objects become differences."""
