"""Keeps Kubernetes clusters held fast to Git."""

from typing import Final

__version__: Final = "0.1.0"
