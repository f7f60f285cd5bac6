"""Lists of services with weights in objects of others: those of the canary and the stable pods are changed, those of experiments
come and go, and all others stay.

Which entries are ours for an experiment is noted in an annotation of the object: they go even if the controller that wrote
them is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from holdfast.engine.kube import canonical
from holdfast.engine.traffic.changes import RoutingProblem
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.wanted_traffic import WantedTraffic

NOTE: Final = "holdfast.dev/experiment-services"


def weighted(
    entries: Iterable[Mapping[str, Any]], key: str, wanted: WantedTraffic, noted: Iterable[str], place: str
) -> list[dict[str, Any]]:
    """`key` names the service of an entry. A new entry is as that of the stable service. Raises RoutingProblem, which tells the
    `place`, where one of the two services is absent."""
    given = list(entries)
    weights = {wanted.canary: wanted.weight, wanted.stable: wanted.stable_weight}
    for name in weights:
        if not any(entry.get(key) == name for entry in given):
            raise RoutingProblem(f"{place} {name}")
    passing = {*noted, *(other.service_name for other in wanted.additional)} - weights.keys()
    kept = [
        {**entry, "weight": weights[entry[key]]} if entry.get(key) in weights else dict(entry)
        for entry in given
        if entry.get(key) not in passing
    ]
    model = next(entry for entry in kept if entry.get(key) == wanted.stable)
    return [*kept, *({**model, key: other.service_name, "weight": other.weight} for other in wanted.additional)]


def noted(obj: KubeObject) -> list[str]:
    """The services of experiments that were written before. What cannot be read is nobody's."""
    try:
        return msgspec.json.decode(annotations_of(obj).get(NOTE) or "[]", type=list[str])
    except msgspec.DecodeError:
        return []


def with_note(obj: KubeObject, wanted: WantedTraffic) -> KubeObject:
    services = [other.service_name for other in wanted.additional]
    if services:
        return canonical.with_path(obj, msgspec.json.encode(services).decode(), "metadata", "annotations", NOTE)
    if NOTE not in annotations_of(obj):
        return obj
    has_others = len(annotations_of(obj)) > 1
    return canonical.without(obj, ("metadata", "annotations", *((NOTE,) if has_others else ())))
