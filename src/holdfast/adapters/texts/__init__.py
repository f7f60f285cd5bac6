"""Fills templates in Go's language, in workers that can be killed."""
