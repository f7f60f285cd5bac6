"""The record of what was synced, and of what drifted since."""
