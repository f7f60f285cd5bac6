"""What the gates in front of a sync need to know of the cluster and of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from holdfast.controllers.application import access, sources
from holdfast.controllers.application.world import World
from holdfast.engine.flow import gates as flow
from holdfast.engine.flow import spec
from holdfast.engine.gates import dependencies
from holdfast.model.application import Application, ApplicationSource, Operation, OperationState
from holdfast.model.approval import Approval
from holdfast.model.errors import Blocked
from holdfast.model.freeze import Freeze
from holdfast.model.gate import Hold
from holdfast.model.keys import GroupKind, NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import OWN_GROUP, Annotation
from holdfast.model.pinned import Pinned
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.commits import CommitPeople

APPROVAL = GroupKind(OWN_GROUP, "Approval")
FREEZE = GroupKind(OWN_GROUP, "Freeze")
CONCERNED = "gates"
"""The index of the store: which Applications an Application waits for, and which one an Approval is for."""

ANY = "*"
"""In that index: every Application that waits for another."""

_Kind = TypeVar("_Kind", Approval, Freeze)


def concerned(obj: LiveObject) -> tuple[str, ...]:
    """The values of the index, told apart by kind when they are read."""
    if obj.group_kind == APPLICATION.group_kind:
        names = before(obj)
        return (*map(str, names), ANY) if names else ()
    if obj.group_kind == APPROVAL and obj.is_whole:
        return (str(approved(obj)),)
    return ()


def before(app: LiveObject) -> tuple[NamespacedName, ...]:
    """The applications that the Application waits for."""
    said = (app.metadata.annotations or {}).get(Annotation.DEPENDS_ON)
    return dependencies.parse(said, app.metadata.namespace)


def approved(approval: LiveObject) -> NamespacedName:
    return NamespacedName(approval.metadata.namespace, _decoded(approval, Approval).spec.application)


def surroundings(world: World, app: Application, authors: tuple[str, ...] = ()) -> flow.Surroundings:
    return flow.Surroundings(
        project=world.project(spec.project_of(app)),
        settings=world.config_map("argocd-cm"),
        freezes=tuple(_decoded(obj, Freeze) for obj in world.in_control_namespace(FREEZE)),
        approvals=tuple(_approvals(world, app)),
        applications=_all_before(world, app),
        authors=authors,
    )


def _approvals(world: World, app: Application) -> Iterator[Approval]:
    for obj in world.store.indexed(CONCERNED, str(app.metadata.key)):
        if obj.group_kind == APPROVAL:
            yield _decoded(obj, Approval)


def _decoded(obj: LiveObject, into: type[_Kind]) -> _Kind:
    return msgspec.convert(obj.decode(), into)


def _all_before(world: World, app: Application) -> dict[NamespacedName, Application]:
    """The applications that this one waits for, and those that they wait for."""
    found: dict[NamespacedName, Application] = {}
    left = list(flow.depends_on(app))
    while left:
        name = left.pop()
        other = world.application(name) if name not in found else None
        if other is not None:
            found[name] = other
            left += flow.depends_on(other)
    return found


async def around(world: World, app: Application, pinned: Pinned) -> flow.Surroundings:
    """With the people of the commits, where it matters who they are."""
    known = surroundings(world, app)
    wanted = flow.requirements(app, known.project)
    if not all(pinned.revisions) or all(one.self_approval for one in wanted):
        return known
    authors = [
        await _people(world, app, source, commit)
        for source, commit in zip(pinned.sources, pinned.revisions, strict=True)
        if not spec.is_packed(source)
    ]
    return msgspec.structs.replace(known, authors=tuple(name for names in authors for name in names))


async def _people(world: World, app: Application, source: ApplicationSource, commit: str) -> tuple[str, ...]:
    """None when the repository cannot tell, or has lost the commit: then there is nothing to sync either."""
    if not isinstance(world.repositories, CommitPeople):
        return ()
    try:
        location = await world.repositories.fetch(access.of_source(world, app, source), commit)
        return world.repositories.people(location)
    except Blocked:
        return ()


def refusal(world: World, app: Application, asked: Operation) -> str:
    """Why a person's request is refused at once, "" when it is taken on."""
    if asked.initiated_by.automated:
        return ""
    found = flow.holds(app, surroundings(world, app), asked, "", world.now())
    return flow.told(one for one in found if one.refuses)


async def in_the_way(world: World, app: Application, state: OperationState) -> tuple[Hold, ...]:
    """What the running operation waits for. Once it has begun to write, only a freeze stops it."""
    result = state.sync_result
    if result is not None and result.resources:
        stop = flow.freeze_hold(app, surroundings(world, app), state.operation, world.now())
        return (stop,) if stop is not None else ()
    pinned = sources.kept_to(app, state)
    known = await around(world, app, pinned)
    return flow.holds(app, known, state.operation, pinned.text, world.now())


def given(world: World, app: Application, state: OperationState) -> list[Approval]:
    """The approvals that the operation rests on."""
    return flow.given_for(app, surroundings(world, app), state)
