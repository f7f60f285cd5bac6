"""Follows one Application through its watch until it is as wished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from holdfast.cli.app import applications
from holdfast.model.errors import Blocked, Gone
from holdfast.model.kube import KubeObject, resource_version_of
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, WatchKind


async def until(
    cluster: Cluster,
    name: str,
    namespace: str,
    is_as_wished: Callable[[KubeObject], bool],
    *,
    timeout: float,
    wanted: str,
    seen: Callable[[KubeObject], None] = lambda app: None,
) -> KubeObject:
    """The first state that is as wished. `seen` is told every state; a timeout of 0 waits for ever.

    Raises Blocked when the time is over (saying how the application stands then) or the application is deleted.
    """
    last: KubeObject = {}

    def note(app: KubeObject) -> None:
        nonlocal last
        last = app
        seen(app)

    try:
        async with asyncio.timeout(timeout or None):
            return await _follow(cluster, name, namespace, is_as_wished, note)
    except TimeoutError:
        raise Blocked("WaitTimeout", f"{name}: {timeout:g} s passed without {wanted}{_standing(last)}") from None


async def _follow(
    cluster: Cluster,
    name: str,
    namespace: str,
    is_as_wished: Callable[[KubeObject], bool],
    note: Callable[[KubeObject], None],
) -> KubeObject:
    while True:
        app = await applications.read_application(cluster, name, namespace)
        note(app)
        if is_as_wished(app):
            return app
        events = cluster.watch(
            APPLICATION,
            resource_version=resource_version_of(app),
            namespace=namespace,
            fields=f"metadata.name={name}",
        )
        try:
            async for event in events:
                if event.kind is WatchKind.DELETED:
                    raise Blocked("ApplicationDeleted", f"{name} was deleted meanwhile")
                if event.kind is WatchKind.BOOKMARK:
                    continue
                app = event.obj.decode()
                note(app)
                if is_as_wished(app):
                    return app
        except Gone:
            continue


def _standing(app: KubeObject) -> str:
    if not app:
        return ""
    lines = [f"\nit is {applications.sync_of(app)} and {applications.health_of(app)}"]
    operation = applications.operation_of(app)
    if operation:
        lines.append(f"operation {operation.get('phase')}: {operation.get('message') or ''}".rstrip(": "))
    lines += [f"{condition.get('type')}: {condition.get('message')}" for condition in applications.conditions_of(app)]
    return "\n".join(lines)
