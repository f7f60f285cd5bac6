"""Ambassador (Emissary-ingress): beside every Mapping one of our own for the canary, as long as it has a share.

Source: https://emissary-ingress.dev/docs/, "Canary releases"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, owner_reference, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import AmbassadorTrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

MAPPING: Final = GroupKind("getambassador.io", "Mapping")
SUFFIX: Final = "-canary"
LONGEST_NAME: Final = 253


def canary_name(name: str) -> str:
    return name[: LONGEST_NAME - len(SUFFIX)] + SUFFIX


def references(routing: AmbassadorTrafficRouting, owner: ObjectMeta) -> Iterator[Reference]:
    for name in routing.mappings:
        yield Reference(MAPPING, owner.namespace, name)
        yield Reference(MAPPING, owner.namespace, canary_name(name), is_ours=True)


def changes(
    routing: AmbassadorTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    if not routing.mappings:
        raise RoutingProblem("ambassador.mappings names no Mapping")
    for name in routing.mappings:
        base = there(Reference(MAPPING, owner.namespace, name), found)
        check(base)
        reference = Reference(MAPPING, owner.namespace, canary_name(name), is_ours=True)
        before = found.get(reference)
        if before is not None and _service(before).name != wanted.canary:
            raise RoutingProblem(f"Mapping {reference.name} is there and does not lead to {wanted.canary}")
        if wanted.weight == 0:
            if before is not None:
                yield Change(reference, before, None)
            continue
        spec = _canary_spec(base, wanted)
        yield Change(reference, before, {**before, "spec": spec} if before else _mapping(reference, owner, spec))


def check(base: KubeObject) -> None:
    """Raises RoutingProblem: the share of a Mapping that has a weight cannot be split further."""
    if (base.get("spec") or {}).get("weight") is not None:
        raise RoutingProblem(f"Ambassador mapping {name_of(base)} can not define weight")


class _Service:
    """`[scheme://]name[.namespace][:port]`"""

    def __init__(self, text: str) -> None:
        scheme, found, rest = text.rpartition("://")
        self.scheme = scheme + found
        host, colon, port = rest.partition(":")
        self.name, dot, namespace = host.partition(".")
        self.suffix = dot + namespace + colon + port


def _service(mapping: KubeObject) -> _Service:
    return _Service(str((mapping.get("spec") or {}).get("service") or ""))


def _canary_spec(base: KubeObject, wanted: WantedTraffic) -> dict[str, Any]:
    service = _service(base)
    return {**base["spec"], "service": f"{service.scheme}{wanted.canary}{service.suffix}", "weight": wanted.weight}


def _mapping(reference: Reference, owner: ObjectMeta, spec: dict[str, Any]) -> KubeObject:
    return {
        "kind": "Mapping",
        "metadata": {
            "name": reference.name,
            "namespace": reference.namespace,
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": spec,
    }
