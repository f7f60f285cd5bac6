"""Texts of an object that the server takes as they are, by rules that are known.

Sources: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ and
https://kubernetes.io/docs/concepts/configuration/configmap/
"""

from __future__ import annotations

# Far below what the server takes in all: 256 KiB of annotations, 1 MiB of data.
MOST_TEXT = 100_000


def fits(text: str) -> bool:
    return len(text) <= MOST_TEXT


def is_image(text: str) -> bool:
    return bool(text) and not any(character.isspace() for character in text)


def is_free(key: str) -> bool:
    """Whether Kubernetes itself gives a label or annotation no meaning."""
    domain = key.rpartition("/")[0]
    return domain == "app.kubernetes.io" or not f".{domain}".endswith((".kubernetes.io", ".k8s.io"))
