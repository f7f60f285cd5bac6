"""The experiment controller: observes an Experiment and what it made, decides, acts, reports."""
