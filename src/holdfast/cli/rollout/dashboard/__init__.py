"""`holdfast rollout dashboard`: the Rollouts as a page in the browser of the person who started it."""
