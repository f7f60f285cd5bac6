"""A real Istio and a real Envoy for the tests: what a Rollout writes is held against what traffic does."""
