"""Brings notifications to the services that are to have them."""
