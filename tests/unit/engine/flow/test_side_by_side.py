"""What plans are made of is what is compared, without the work of comparing."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.engine.flow import application as flow
from holdfast.model.application import Application
from holdfast.model.desired import Prediction, Target, Targets
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import SyncCode
from holdfast.testing.builders import application_object, config_map

APP = msgspec.convert(application_object("web"), Application)


def placed(name: str, level: str = "info", **more: Any) -> KubeObject:
    return config_map(name, namespace="shop", data={"level": level}, **more)


def target(obj: KubeObject, problem: str = "") -> Target:
    return Target(obj, key_of(obj), problem=problem)


def test_it_is_the_comparison_without_its_outcome() -> None:
    hook = placed("hook", annotations={"argocd.argoproj.io/hook": "PreSync"})
    kept = placed("kept", annotations={"argocd.argoproj.io/compare-options": "IgnoreExtraneous"})
    there = [placed("same"), placed("changed", "debug"), placed("extraneous"), placed("skipped"), kept, hook]
    live = flow.Live({key_of(one): one for one in there}, frozenset(map(key_of, there)))
    wanted = Targets(
        (
            target(placed("same")),
            target(placed("changed")),
            target(placed("new")),
            target(placed("bad"), "not allowed"),
        ),
        skipped=frozenset({key_of(placed("skipped"))}),
    )
    refused = {key_of(placed("new")): Prediction(refusal="no quota left")}
    whole, states = flow.compared(APP, wanted, live, refused), flow.side_by_side(APP, wanted, live)
    bare = [msgspec.structs.replace(one, comparison=None, health=None) for one in whole if one.key.name != "new"]
    assert [one for one in states if one.key.name != "new"] == bare
    assert {one.key.name: one.problem for one in whole if one.problem} == {"bad": "not allowed", "new": "no quota left"}
    assert {one.key.name for one in states} == {"same", "changed", "new", "bad", "extraneous", "kept", "hook"}
    found = {one.key.name: one.comparison.status for one in whole if one.comparison is not None}
    assert found.pop("same") is SyncCode.SYNCED
    assert set(found.values()) == {SyncCode.OUT_OF_SYNC}
