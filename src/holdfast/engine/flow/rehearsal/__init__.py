"""Releases played through before they start, with their analyses, and what a new version with faults would come to."""
