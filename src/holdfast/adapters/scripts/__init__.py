"""Runs the Lua of users: health checks and actions of argocd-cm, in worker processes that can be killed."""
