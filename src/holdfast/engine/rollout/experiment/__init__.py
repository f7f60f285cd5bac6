"""What to do about an Experiment: its ReplicaSets side by side, their services, the analyses that judge them."""
