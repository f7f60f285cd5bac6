"""Writes down what was found: the status of an application, and when it syncs by itself."""
