"""The rollout controller: observes a Rollout and its ReplicaSets, decides, acts, reports."""
