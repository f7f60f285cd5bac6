"""The analysis controller: observes AnalysisRuns, measures what is due, judges, reports."""
