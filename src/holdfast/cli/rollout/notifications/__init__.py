"""`holdfast rollout notifications`: looks at settings of notifications, and tries them."""
