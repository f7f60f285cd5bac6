"""Judges AnalysisRuns: what is measured next, what a measurement means, and what follows for the run."""
