"""What a Rollout writes into the selector of a Service is no difference; everything else in it is."""

from __future__ import annotations

import pytest

from holdfast.engine.diff.compare import compare
from holdfast.engine.flow.application import ignoring_of
from holdfast.model.application import Application
from holdfast.model.ignoring import CompareSettings
from holdfast.model.kube import KubeObject
from holdfast.model.names import SyncCode

HASH = "rollouts-pod-template-hash"


def service(kind: str = "Service", **selector: str) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web", **selector}},
    }


@pytest.mark.parametrize(
    ("kind", "selector", "expected"),
    [
        ("Service", {HASH: "abc"}, SyncCode.SYNCED),
        ("Service", {HASH: "abc", "tier": "front"}, SyncCode.OUT_OF_SYNC),
        ("ReplicationController", {HASH: "abc"}, SyncCode.OUT_OF_SYNC),
    ],
)
def test_only_the_hash_in_the_selector_of_a_service_belongs_to_the_rollout(
    kind: str, selector: dict[str, str], expected: SyncCode
) -> None:
    wanted, live = service(kind), service(kind, **selector)
    ignored = ignoring_of(Application(), CompareSettings())
    assert compare(wanted, live, wanted, ignored).status is expected
