"""Puts desired and live objects side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from holdfast.model.desired import Target
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject


class Pair(Struct, frozen=True):
    """At least one of the two is there."""

    key: ObjectKey
    target: Target | None
    live: KubeObject | None


def pair(
    targets: Iterable[Target], live: Mapping[ObjectKey, KubeObject], owned: Iterable[ObjectKey]
) -> tuple[Pair, ...]:
    """Every target with the live object of its key, and every owned live object that no target wants; sorted by key.

    `live` also holds objects that the application does not own yet; they are adopted only where a target wants them.
    """
    wanted = {target.key: target for target in targets}
    keys = set(wanted) | {key for key in owned if key in live}
    return tuple(Pair(key, wanted.get(key), live.get(key)) for key in sorted(keys))
