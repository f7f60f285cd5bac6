"""Observe, decide (engine), act, report."""
