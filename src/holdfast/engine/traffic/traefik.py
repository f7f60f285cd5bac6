"""Traefik: the weights of two services of a weighted TraefikService, and of those of experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from holdfast.engine.kube import canonical
from holdfast.engine.traffic import shared_lists
from holdfast.engine.traffic.changes import Change, Reference, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import TraefikTrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

TRAEFIK_SERVICE: Final = GroupKind("traefik.io", "TraefikService")


def references(routing: TraefikTrafficRouting, owner: ObjectMeta) -> Iterator[Reference]:
    yield Reference(TRAEFIK_SERVICE, owner.namespace, routing.weighted_traefik_service_name)


def changes(
    routing: TraefikTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    for reference in references(routing, owner):
        obj = there(reference, found)
        yield Change(reference, obj, weighted(obj, wanted))


def weighted(obj: KubeObject, wanted: WantedTraffic) -> KubeObject:
    """Raises RoutingProblem where one of the two services is absent."""
    services = canonical.get_path(obj, "spec", "weighted", "services") or []
    place = "TraefikService: spec.weighted.services has no"
    changed = shared_lists.weighted(services, "name", wanted, shared_lists.noted(obj), place)
    return shared_lists.with_note(canonical.with_path(obj, changed, "spec", "weighted", "services"), wanted)
