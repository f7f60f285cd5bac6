"""Whether the lock file of a chart was made for the dependencies that the chart names today."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

# The fields that Helm's digest is made of, in their order; those that say nothing are left out, save the two first-rank ones.
_FIELDS: Final = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
_ALWAYS: Final = frozenset({"name", "repository"})
_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def fits(wanted: Sequence[Mapping[str, Any]], locked: Sequence[Mapping[str, Any]], digest: str) -> bool:
    """`wanted` is what Chart.yaml lists, `locked` and `digest` what the lock file says. One without a digest fits."""
    if not digest:
        return True
    said = [_fields(one) for one in wanted]
    of_helm_3 = _digest([said, [_fields(one) for one in locked]])
    of_helm_2 = _digest({"dependencies": said})
    return digest in (of_helm_3, of_helm_2)


def _fields(dependency: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dependency.get(name) or "" for name in _FIELDS if dependency.get(name) or name in _ALWAYS}


def _digest(value: Any) -> str:
    """Of the JSON that Go writes: no spaces, and the signs of HTML escaped."""
    text = msgspec.json.encode(value).decode()
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
