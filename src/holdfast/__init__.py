"""Keeps Kubernetes clusters held fast to Git."""
