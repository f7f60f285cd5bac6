"""The only place that picks adapters and starts processes."""
