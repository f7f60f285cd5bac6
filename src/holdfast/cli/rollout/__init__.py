"""`holdfast rollout …`: see and act on Rollouts."""
