"""The manifests that the documentation shows for every router are accepted, and share the traffic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.rollout import routes
from holdfast.engine.traffic import routers
from holdfast.engine.traffic.changes import Reference
from holdfast.model.keys import GroupKind
from holdfast.model.wanted_traffic import WantedTraffic
from tests.unit.engine.traffic.builders import rollout

PAGE = Path(__file__).resolve().parents[4] / "docs" / "rollouts.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("\n## Routers\n")[2].partition("\n## ")[0]
EXAMPLES = dict(re.findall(r"### ([^\n]+)\n\n```yaml\n(.*?)```", SECTION, flags=re.DOTALL))


def test_every_router_has_an_example() -> None:
    shown = {name for text in EXAMPLES.values() for name in routers.given(routing_in(text))}
    assert shown == set(routers.SERVED)


def routing_in(text: str) -> Any:
    canary, *_ = load_all(text)
    return routers.routing_of(rollout(canary["trafficRouting"]))


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_the_example_of_a_router_works(text: str) -> None:
    canary, *objs = load_all(text)
    told = rollout(canary.pop("trafficRouting"), **canary)
    found = {}
    for obj in objs:
        group = obj["apiVersion"].partition("/")[0]
        found[Reference(GroupKind(group, obj["kind"]), "shop", obj["metadata"]["name"])] = obj
    services = routes.services(told)
    routers.check(told, services, found)
    wanted = WantedTraffic(*services, 10)
    (change,) = routers.changes(told, wanted, found)
    assert change.after is not None
    assert "10" in msgspec.json.encode(change.after).decode()
    assert set(found) == {reference for reference in routers.references(told) if not reference.is_ours}
