"""The policy of deploy/admission on a real API server: nobody approves in another's name."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.engine.lang import yaml_documents
from holdfast.model.crd.definitions import definitions
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Forbidden, Invalid, NotFound
from holdfast.model.kube import name_of
from holdfast.model.resource_types import APPROVAL, CUSTOM_RESOURCE_DEFINITION
from holdfast.ports.cluster import PatchKind
from holdfast.runtime.clock import SystemClock
from tests.controlplane.server import ControlPlane

pytestmark = [pytest.mark.control_plane, pytest.mark.real_time]

MANIFEST = Path(__file__).resolve().parents[2] / "deploy" / "admission" / "approvals.yaml"
GROUP = "admissionregistration.k8s.io"
KINDS = {
    kind: ResourceType(GROUP, "v1", kind, plural, namespaced=False)
    for kind, plural in (
        ("ValidatingAdmissionPolicy", "validatingadmissionpolicies"),
        ("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"),
    )
}
TRIES = 100


def approval(name: str, user: str, *groups: str) -> dict[str, Any]:
    return {
        "apiVersion": "holdfast.dev/v1alpha1",
        "kind": "Approval",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"application": "web", "revision": "c0ffee", "user": user, "groups": list(groups)},
    }


async def refused(cluster: KubeClient, obj: dict[str, Any]) -> str:
    """Why the server refuses the object, "" when it takes it; policies and definitions take a moment to count."""
    try:
        await cluster.create(APPROVAL, obj, field_manager="test", dry_run=True)
    except (Forbidden, Invalid) as error:
        return error.message
    except NotFound:
        return ""
    return ""


async def test_user_and_groups_are_those_of_the_request_and_nothing_is_changed_afterwards(
    control_plane: ControlPlane,
) -> None:
    transport = AiohttpTransport(kubeconfig.load(control_plane.kubeconfig, SystemClock()))
    cluster = KubeClient(transport, user_agent="test")
    policies = list(yaml_documents.load_all(MANIFEST.read_text()))
    try:
        [definition] = [one for one in definitions() if name_of(one) == "approvals.holdfast.dev"]
        await cluster.apply(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="test")
        for policy in policies:
            await cluster.apply(KINDS[policy["kind"]], policy, field_manager="test")
        for _ in range(TRIES):
            if await refused(cluster, approval("false", "somebody-else")):
                break
            await asyncio.sleep(0.1)
        assert "spec.user must be admin" in await refused(cluster, approval("false", "somebody-else"))
        assert "spec.groups must be groups" in await refused(cluster, approval("false", "admin", "sre"))
        await cluster.create(APPROVAL, approval("true", "admin", "system:masters"), field_manager="test")
        change = {"spec": {"revision": "decaf"}}
        with pytest.raises(Invalid, match="never changed"):
            await cluster.patch(APPROVAL, "default", "true", change, PatchKind.MERGE, field_manager="test")
    finally:
        for policy in policies:
            with suppress(NotFound):
                await cluster.delete(KINDS[policy["kind"]], "", name_of(policy))
        await transport.close()
        await asyncio.sleep(0.05)
