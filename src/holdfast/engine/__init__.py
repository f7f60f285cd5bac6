"""Decides, purely: no clock, no network, no log."""
