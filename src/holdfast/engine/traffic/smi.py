"""Service Mesh Interface: a TrafficSplit of our own.

Source: https://github.com/servicemeshinterface/smi-spec, TrafficSplit
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, owned_by, owner_reference
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import SMITrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

TRAFFIC_SPLIT: Final = GroupKind("split.smi-spec.io", "TrafficSplit")


def references(routing: SMITrafficRouting, owner: ObjectMeta) -> Iterator[Reference]:
    yield Reference(TRAFFIC_SPLIT, owner.namespace, routing.traffic_split_name or owner.name, is_ours=True)


def changes(
    routing: SMITrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    for reference in references(routing, owner):
        before = found.get(reference)
        if before is None:
            yield Change(reference, None, _split(routing, owner, wanted, reference.name))
            continue
        if not owned_by(before, owner):
            raise RoutingProblem(f"TrafficSplit {reference.name} is there and not of this Rollout: remove or rename it")
        spec = {**(before.get("spec") or {}), **_spec(routing, wanted)}
        yield Change(reference, before, {**before, "spec": spec})


def _split(routing: SMITrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, name: str) -> KubeObject:
    """The version is that which the cluster serves."""
    return {
        "kind": "TrafficSplit",
        "metadata": {"name": name, "namespace": owner.namespace, "ownerReferences": [owner_reference(owner)]},
        "spec": _spec(routing, wanted),
    }


def _spec(routing: SMITrafficRouting, wanted: WantedTraffic) -> dict[str, object]:
    others = [{"service": other.service_name, "weight": other.weight} for other in wanted.additional]
    pair = [
        {"service": wanted.canary, "weight": wanted.weight},
        {"service": wanted.stable, "weight": wanted.stable_weight},
    ]
    return {"service": routing.root_service or wanted.stable, "backends": [*pair, *others]}
