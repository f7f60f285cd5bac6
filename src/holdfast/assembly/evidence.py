"""Reads from the cluster what tells why an application is not as it should be, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from holdfast.engine.flow import gates, spec
from holdfast.engine.why.answer import Question
from holdfast.engine.why.health import Evidence
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.approval import Approval
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import Forbidden, NotFound
from holdfast.model.freeze import Freeze
from holdfast.model.health import Health
from holdfast.model.keys import GroupKind, NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject, key_of, metadata_of
from holdfast.model.names import OWN_GROUP, OperationPhase
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, EVENT
from holdfast.ports.cluster import Reader

SETTINGS = "argocd-cm"
WORKERS = (GroupKind("apps", "ReplicaSet"), GroupKind("batch", "Job"), GroupKind("", "Pod"))
"""What controllers make for others, down to the Pods."""

_Kind = TypeVar("_Kind", Application, Approval, Freeze)


async def question(cluster: Reader, app: Application, now: datetime) -> Question:
    """What may not be read is left out; the answer says less then."""
    discovery = await cluster.discover()
    around, evidence = await asyncio.gather(_around(cluster, discovery, app), _evidence(cluster, discovery, app))
    return Question(app=app, now=now, around=around, evidence=evidence)


async def _around(cluster: Reader, discovery: Discovery, app: Application) -> gates.Surroundings:
    namespace = app.metadata.namespace
    project, settings, freezes, approvals, others = await asyncio.gather(
        cluster.get(APP_PROJECT, namespace, spec.project_of(app)),
        _get(cluster, CONFIG_MAP, ObjectKey("", "ConfigMap", namespace, SETTINGS)),
        _every(cluster, discovery.find(GroupKind(OWN_GROUP, "Freeze")), namespace, Freeze),
        _every(cluster, discovery.find(GroupKind(OWN_GROUP, "Approval")), namespace, Approval),
        _every(cluster, APPLICATION, namespace, Application) if gates.depends_on(app) else _none(),
    )
    return gates.Surroundings(
        project=msgspec.convert(project, AppProject) if project is not None else None,
        settings=(settings or {}).get("data") or {},
        freezes=freezes,
        approvals=tuple(one for one in approvals if one.spec.application == app.metadata.name),
        applications={NamespacedName(one.metadata.namespace, one.metadata.name): one for one in others},
    )


async def _none() -> tuple[Application, ...]:
    return ()


async def _every(
    cluster: Reader, resource: ResourceType | None, namespace: str, into: type[_Kind]
) -> tuple[_Kind, ...]:
    return tuple(msgspec.convert(obj, into) for obj in await _list(cluster, resource, namespace))


async def _evidence(cluster: Reader, discovery: Discovery, app: Application) -> Evidence:
    ailing = tuple(_ailing(app))
    namespaces = sorted({key.namespace for key in ailing} - {""})
    resources = [(key, discovery.find(key.group_kind)) for key in ailing]
    found = await asyncio.gather(*(_get(cluster, resource, key) for key, resource in resources if resource is not None))
    made = await asyncio.gather(
        *(_list(cluster, discovery.find(kind), namespace) for namespace in namespaces for kind in WORKERS)
    )
    events = await asyncio.gather(*(_list(cluster, EVENT, name, "type=Warning") for name in namespaces))
    objects = [*(obj for obj in found if obj is not None), *(obj for listed in made for obj in listed)]
    return Evidence({key_of(obj): obj for obj in objects}, tuple(event for listed in events for event in listed))


def _ailing(app: Application) -> Iterable[ObjectKey]:
    """The objects that are not healthy, and the hooks that run."""
    for one in app.status.resources:
        if one.health is not None and one.health.status not in (Health.HEALTHY, Health.MISSING, ""):
            yield ObjectKey(one.group, one.kind, one.namespace, one.name)
    state = app.status.operation_state
    for result in state.sync_result.resources if state is not None and state.sync_result is not None else ():
        if result.hook_type and result.hook_phase == OperationPhase.RUNNING:
            yield ObjectKey(result.group, result.kind, result.namespace, result.name)


async def _get(cluster: Reader, resource: ResourceType, key: ObjectKey) -> KubeObject | None:
    try:
        return await cluster.get(resource, key.namespace, key.name)
    except Forbidden:
        return None


async def _list(cluster: Reader, resource: ResourceType | None, namespace: str, fields: str = "") -> list[KubeObject]:
    if resource is None:
        return []
    try:
        listing = await cluster.list(resource, namespace=namespace, fields=fields)
    except (Forbidden, NotFound):
        return []
    return [_bare(item.decode()) for item in listing.items]


def _bare(obj: KubeObject) -> KubeObject:
    return {**obj, "metadata": {name: value for name, value in metadata_of(obj).items() if name != "managedFields"}}
