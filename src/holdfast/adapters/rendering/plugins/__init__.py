"""Asks config management plugins: sidecars over their sockets, or commands on this machine."""
