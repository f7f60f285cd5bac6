"""Releases of StatefulSets and DaemonSets: their pods are replaced where they are."""
