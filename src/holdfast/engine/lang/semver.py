"""Semantic versions and ranges of them, as Helm and Argo CD read them.

The grammar and its corner cases are those of https://github.com/Masterminds/semver (version 3): `^1.2`, `~1.2.3`,
`>=1.2, <2`, `1.2.x`, `*`, `1.2 - 2.3`, alternatives with `||`. Pre-releases satisfy only a range that names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

MAX_TEXT = 256

_TAIL = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_VERSION = re.compile(r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?" + _TAIL)
_PART = r"([0-9]+|[xX*])"
_BOUND_TEXT = rf"v?{_PART}(?:\.{_PART})?(?:\.{_PART})?{_TAIL}"
_OPERATOR = r"(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?"
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+].*)?")
_CONSTRAINT = re.compile(rf"{_OPERATOR}\s*{_BOUND_TEXT}")
_HYPHEN = re.compile(rf"\s*({_BOUND_TEXT})\s+-\s+({_BOUND_TEXT})\s*")
_HYPHEN_UPPER_GROUP = 7
_SAME = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}


class VersionError(ValueError):
    """The text is no version or no range."""


class Version(Struct, frozen=True):
    """`original` is the text as written, such as a tag with its `v`; equality and order are `compare`'s."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    build: str = ""
    original: str = ""

    @property
    def core(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)


def parse(text: str) -> Version:
    """Reads `1.2.3-rc.1+build`, also with a leading `v` and without minor or patch. Raises VersionError."""
    found = _VERSION.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if found is None:
        raise VersionError(f"{text[:80]!r} is no semantic version")
    major, minor, patch, prerelease, build = found.groups()
    for part in (prerelease or "").split("."):
        if part.isdigit() and len(part) > 1 and part.startswith("0"):
            raise VersionError(f"{text!r}: a number of the pre-release starts with 0")
    return Version(int(major), int(minor or 0), int(patch or 0), prerelease or "", build or "", text.strip())


def compare(left: Version, right: Version) -> int:
    """-1, 0 or 1 by precedence; build metadata does not count. Source: https://semver.org/#spec-item-11"""
    mine, other = sort_key(left), sort_key(right)
    return (mine > other) - (mine < other)


def sort_key(version: Version) -> tuple[tuple[int, int, int], int, tuple[tuple[int, int, str], ...]]:
    """Orders versions by precedence: a release comes after its pre-releases, numbers before words."""
    parts = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in version.prerelease.split(".") if part
    )
    return (version.core, 0 if version.prerelease else 1, parts)


class Constraint(Struct, frozen=True):
    """One comparison; `given` counts the numbers that were written: 0 for `*`, 2 for `1.2` and `1.2.x`."""

    operator: str
    bound: Version
    given: int

    def admits(self, version: Version) -> bool:
        order = compare(version, self.bound)
        match self.operator:
            case "=":
                return self._within_tilde(version) if self.given < 3 else order == 0
            case "!=":
                return not self._agrees(version) if self.given < 3 else order != 0
            case ">":
                return order > 0 and (self.given == 3 or not self._agrees(version))
            case ">=":
                return order >= 0
            case "<":
                return order < 0
            case "<=":
                return order <= 0 or (self.given < 3 and self._agrees(version))
            case "~":
                return self._within_tilde(version)
            case _:
                return order >= 0 and self._within_caret(version)

    def _agrees(self, version: Version) -> bool:
        """The numbers that were written are the same."""
        return version.core[: self.given] == self.bound.core[: self.given]

    def _within_tilde(self, version: Version) -> bool:
        if self.given == 3 and self.bound.core == (0, 0, 0) and not self.bound.prerelease:
            return True  # Masterminds reads ~0.0.0 as any version
        fixed = min(self.given, 2)
        return compare(version, self.bound) >= 0 and version.core[:fixed] == self.bound.core[:fixed]

    def _within_caret(self, version: Version) -> bool:
        """Nothing left of the first number that is not zero may change."""
        for place in range(self.given):
            if version.core[place] != self.bound.core[place]:
                return False
            if self.bound.core[place] > 0:
                return True
        return True


class VersionRange(Struct, frozen=True):
    """Alternatives, each a set of constraints that must all hold."""

    alternatives: tuple[tuple[Constraint, ...], ...]

    def admits(self, version: Version) -> bool:
        return any(self._all_admit(constraints, version) for constraints in self.alternatives)

    @staticmethod
    def _all_admit(constraints: tuple[Constraint, ...], version: Version) -> bool:
        if version.prerelease and not any(constraint.bound.prerelease for constraint in constraints):
            return False
        return all(constraint.admits(version) for constraint in constraints)


@lru_cache(maxsize=1024)
def parse_range(text: str) -> VersionRange:
    """Raises VersionError when the text is no range."""
    if len(text) > MAX_TEXT:
        raise VersionError("the range is too long")
    return VersionRange(tuple(_alternative(part, text) for part in text.split("||")))


def _alternative(part: str, whole: str) -> tuple[Constraint, ...]:
    if hyphen := _HYPHEN.fullmatch(part):
        part = f">={hyphen[1]} <={hyphen[_HYPHEN_UPPER_GROUP]}"
    constraints = []
    rest = part.strip()
    while rest:
        found = _CONSTRAINT.match(rest)
        if found is None or not _ends_cleanly(rest, found.end()):
            raise VersionError(f"{whole!r} is no range of versions")
        constraints.append(_constraint(found))
        rest = rest[found.end() :].lstrip(" \t,")
    if not constraints:
        raise VersionError(f"{whole!r} is no range of versions")
    return tuple(constraints)


def _ends_cleanly(text: str, end: int) -> bool:
    return end == len(text) or text[end] in " \t,<>=!~^"


def _constraint(found: re.Match[str]) -> Constraint:
    operator, major, minor, patch, prerelease, build = found.groups()
    numbers: list[int] = []
    for part in (major, minor, patch):
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    given = len(numbers)
    numbers += [0] * (3 - given)
    bound = Version(numbers[0], numbers[1], numbers[2], prerelease or "", build or "")
    operator = operator or ""
    return Constraint(_SAME.get(operator, operator), bound, given)


def is_range(text: str) -> bool:
    try:
        parse_range(text)
    except VersionError:
        return False
    return True


def is_exact(text: str) -> bool:
    """Whether the text is one whole version, and so no range although it reads as one."""
    return _EXACT.fullmatch(text) is not None


def names_tags(text: str, prefix: str = "") -> bool:
    """Whether the revision of an artifact means the highest tag of a range; `v1` is the tag of that name. Beside a prefix of
    tags a version, too, is looked for among them."""
    if is_exact(text):
        return bool(prefix)
    return text[:1].isdigit() or any(sign in text for sign in "*^~<>=|, ")


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version lies in a range. Raises VersionError when either cannot be read."""
    return parse_range(wanted).admits(parse(version))


def highest(versions: Iterable[str], wanted: str) -> str | None:
    """The text among `versions` that is the highest version in the range; texts that are no versions are passed over."""
    admitted = parse_range(wanted)
    best: Version | None = None
    for text in sorted(versions):
        try:
            version = parse(text)
        except VersionError:
            continue
        if admitted.admits(version) and (best is None or compare(version, best) > 0):
            best = version
    return best.original if best else None


def highest_tag(tags: Iterable[str], wanted: str, prefix: str) -> str | None:
    """The tag whose version is the highest in the range, among those that begin with the prefix: what follows it is the
    version. Raises VersionError when the range cannot be read."""
    versions = {tag.removeprefix(prefix): tag for tag in tags if tag.startswith(prefix)}
    found = highest(versions, wanted)
    return versions[found] if found is not None else None
