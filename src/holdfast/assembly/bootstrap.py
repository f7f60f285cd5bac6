"""What a cluster must hold before Holdfast can work there, and how it gets it.

Definitions of kinds are kept up to date; everything a person may edit afterwards is made only where it is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from enum import Enum

from msgspec import Struct

from holdfast.model.crd.definitions import definitions
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Blocked, NotFound
from holdfast.model.kube import KubeObject, conditions_of, kind_of, name_of, namespace_of
from holdfast.model.names import API_VERSION
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.ports.cluster import Cluster

FIELD_MANAGER = "holdfast-up"
_TYPES: dict[str, ResourceType] = {
    item.kind: item for item in (APP_PROJECT, APPLICATION, CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, NAMESPACE)
}


class Change(Enum):
    CREATE = "create"
    UPDATE = "update"


class PlannedChange(Struct, frozen=True):
    """One object that the cluster lacks or has otherwise."""

    change: Change
    obj: KubeObject

    def __str__(self) -> str:
        place = f"{namespace_of(self.obj)}/" if namespace_of(self.obj) else ""
        return f"{self.change.value} {kind_of(self.obj)} {place}{name_of(self.obj)}"


def foundation(namespace: str, *, poll_seconds: int) -> tuple[KubeObject, ...]:
    """Our definitions of kinds, the namespace, the project `default` and the settings, in the order to make them."""
    labels = {"app.kubernetes.io/part-of": "argocd"}

    def config_map(name: str, data: dict[str, str]) -> KubeObject:
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    return (
        *definitions(),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        default_project(namespace),
        config_map("argocd-cm", {"timeout.reconciliation": f"{poll_seconds}s"}),
        config_map("argocd-rbac-cm", {"policy.default": "role:readonly"}),
        config_map("argocd-ssh-known-hosts-cm", {"ssh_known_hosts": ""}),
        config_map("argocd-tls-certs-cm", {}),
    )


def default_project(namespace: str) -> KubeObject:
    """The project that allows everything, as Argo CD installs it."""
    return {
        "apiVersion": API_VERSION,
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }


async def plan(cluster: Cluster, wanted: Iterable[KubeObject]) -> list[PlannedChange]:
    """What is missing or differs. An object of a kind that is not served yet counts as missing."""
    changes = []
    for obj in wanted:
        existing = await _existing(cluster, obj)
        if existing is None:
            changes.append(PlannedChange(Change.CREATE, obj))
        elif kind_of(obj) == "CustomResourceDefinition" and await _would_change(cluster, obj, existing):
            changes.append(PlannedChange(Change.UPDATE, obj))
    return changes


async def carry_out(cluster: Cluster, changes: Iterable[PlannedChange], say: Callable[[str], None]) -> None:
    """Makes the changes in order; waits until a defined kind is served before what comes after it."""
    waiting: list[str] = []
    for change in changes:
        if kind_of(change.obj) == "CustomResourceDefinition":
            waiting.append(name_of(change.obj))
        elif waiting:
            await _wait_until_served(cluster, waiting)
            waiting = []
        await cluster.apply(_type_of(change.obj), change.obj, field_manager=FIELD_MANAGER, force=True)
        say(str(change))
    await _wait_until_served(cluster, waiting)


async def _existing(cluster: Cluster, obj: KubeObject) -> KubeObject | None:
    try:
        return await cluster.get(_type_of(obj), namespace_of(obj), name_of(obj))
    except NotFound:
        return None


async def _would_change(cluster: Cluster, obj: KubeObject, existing: KubeObject) -> bool:
    predicted = await cluster.apply(_type_of(obj), obj, field_manager=FIELD_MANAGER, force=True, dry_run=True)
    return bool(predicted.get("spec") != existing.get("spec"))


async def _wait_until_served(cluster: Cluster, names: list[str], seconds: float = 30.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            for name in names:
                await _until_established(cluster, name)
    except TimeoutError:
        raise Blocked(
            "DefinitionNotEstablished",
            f"the CustomResourceDefinition {name} is not served after {seconds:g} s: "
            f"see its conditions with `kubectl describe crd {name}`",
        ) from None


async def _until_established(cluster: Cluster, name: str) -> None:
    while True:
        if is_established(await cluster.get(CUSTOM_RESOURCE_DEFINITION, "", name)):
            return
        await asyncio.sleep(0.05)


def is_established(definition: KubeObject | None) -> bool:
    return definition is not None and any(
        condition.get("type") == "Established" and condition.get("status") == "True"
        for condition in conditions_of(definition)
    )


def _type_of(obj: KubeObject) -> ResourceType:
    return _TYPES[kind_of(obj)]
