"""Decides whom to tell what, and when: settings, triggers, subscriptions, and what was told already."""
