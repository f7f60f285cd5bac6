"""The small pieces that cells are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from holdfast.engine.kube.canonical import get_path
from holdfast.engine.lang import durations, instants
from holdfast.model.kube import KubeObject
from holdfast.sandbox import label_texts

Cells: TypeAlias = Callable[[KubeObject, datetime], list[Any]]
"""The cells of an object's row at a moment."""


def name(obj: KubeObject) -> str:
    return str(obj["metadata"].get("name") or "")


def age(obj: KubeObject, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(moment: str | None, now: datetime) -> str:
    """The time that has passed since a timestamp."""
    began = instants.parse(moment)
    return "<unknown>" if began is None else durations.brief(now - began)


def number(obj: KubeObject, *path: str) -> int:
    value = get_path(obj, *path)
    return value if isinstance(value, int) else 0


def selector(labels: Any) -> str:
    """A label selector in its text form."""
    return label_texts.selector_text(labels) or "<none>"


def containers(obj: KubeObject, *path: str) -> list[str]:
    """The names and the images of a Pod template's containers, each as one cell."""
    found = get_path(obj, *path, "spec", "containers") or []
    return [
        ",".join(str(container.get("name", "")) for container in found),
        ",".join(str(container.get("image", "")) for container in found),
    ]
