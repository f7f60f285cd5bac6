"""Differences become an ordered plan of phases, waves and prunes."""
