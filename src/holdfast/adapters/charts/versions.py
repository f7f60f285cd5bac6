"""Which version a target revision means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from holdfast.engine.lang import semver
from holdfast.model.errors import Blocked

_SHOWN: Final = 5


def chosen(versions: Sequence[str], wanted: str, what: str) -> str:
    """The version that is named, else the highest of the range. Raises Blocked RevisionNotFound."""
    if wanted in versions:
        return wanted
    try:
        found = semver.highest(versions, wanted or "*")
    except semver.VersionError:
        found = None
    if found is None:
        raise Blocked("RevisionNotFound", f"{what} has no version {wanted or '*'!r}.{_some(versions)}")
    return found


def _some(versions: Iterable[str]) -> str:
    readable = []
    for text in versions:
        try:
            readable.append(semver.parse(text))
        except semver.VersionError:
            continue
    newest = sorted(readable, key=semver.sort_key)[-_SHOWN:]
    return f" It has {', '.join(version.original for version in newest)}." if newest else " It has none."
