"""Programs that carry out steps of Rollouts."""
