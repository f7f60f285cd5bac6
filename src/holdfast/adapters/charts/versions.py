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


def prefixed(tags: Sequence[str], wanted: str, prefix: str, what: str) -> str:
    """The tag of the highest version among those that begin with the prefix; where none of them is the version that is
    named, it is the tag's whole name. Raises Blocked RevisionNotFound."""
    # A tag cannot hold the plus sign of a version.
    versions = {tag.removeprefix(prefix).replace("_", "+"): tag for tag in tags if tag.startswith(prefix)}
    if semver.is_exact(wanted) and not any(_is(wanted, version) for version in versions):
        return wanted.replace("+", "_")
    return versions[chosen(tuple(versions), wanted, f"{what}, in tags that begin with {prefix!r},")]


def _is(wanted: str, version: str) -> bool:
    try:
        return semver.satisfies(version, wanted)
    except semver.VersionError:
        return False


def _some(versions: Iterable[str]) -> str:
    readable = []
    for text in versions:
        try:
            readable.append(semver.parse(text))
        except semver.VersionError:
            continue
    newest = sorted(readable, key=semver.sort_key)[-_SHOWN:]
    return f" It has {', '.join(version.original for version in newest)}." if newest else " It has none."
