"""Compares desired objects with live ones."""
