"""Results become the status that Argo CD's users read."""
