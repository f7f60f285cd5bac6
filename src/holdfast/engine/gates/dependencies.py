"""Which applications come before another one, and whether they have."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from holdfast.model.application import Application
from holdfast.model.gate import Hold, HoldKind
from holdfast.model.health import Health
from holdfast.model.keys import NamespacedName
from holdfast.model.names import OperationPhase, SyncCode

MOST = 100

Edges = Callable[[NamespacedName], Sequence[NamespacedName]]


def parse(value: str | None, namespace: str) -> tuple[NamespacedName, ...]:
    """`name` or `namespace/name`, separated by commas; each once."""
    found = []
    for part in (value or "").split(","):
        before, slash, after = part.strip().partition("/")
        name = NamespacedName(before, after) if slash else NamespacedName(namespace, before)
        if name.name:
            found.append(name)
    return tuple(dict.fromkeys(found))[:MOST]


def cycle(start: NamespacedName, edges: Edges) -> tuple[NamespacedName, ...]:
    """A shortest way from the application back to itself, both ends included; () when there is none."""
    came_from: dict[NamespacedName, NamespacedName] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for following in edges(here):
            if following == start:
                return _way(start, here, came_from)
            if following not in came_from:
                came_from[following] = here
                queue.append(following)
    return ()


def _way(
    start: NamespacedName, last: NamespacedName, came_from: dict[NamespacedName, NamespacedName]
) -> tuple[NamespacedName, ...]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return (start, *reversed(way))


def cycle_hold(way: Sequence[NamespacedName], namespace: str) -> Hold | None:
    if not way:
        return None
    shown = " -> ".join(shown_name(name, namespace) for name in way)
    return Hold(
        HoldKind.DEPENDENCY_CYCLE,
        f"holdfast.dev/depends-on goes in a circle: {shown}",
        "one of them must name the next one no longer",
        refuses=True,
    )


def lack(other: Application | None, wanted: str = "") -> str:
    """Why the application that comes before is not there yet, "" when it is. `wanted`: the commit it should be at."""
    if other is None:
        return "does not exist"
    status = other.status
    if other.metadata.deletion_timestamp:
        return "is being deleted"
    compared_to = status.sync.compared_to
    if (
        not status.sync.status
        or compared_to is None
        or (
            compared_to.source,
            compared_to.sources,
        )
        != (other.spec.source, other.spec.sources)
    ):
        return "has not been compared with its source yet"
    state = status.operation_state
    if other.operation is not None or (
        state is not None and state.phase in (OperationPhase.RUNNING, OperationPhase.TERMINATING)
    ):
        return "is being synced"
    if status.sync.status != SyncCode.SYNCED:
        return f"is {status.sync.status}"
    if wanted and status.sync.revision != wanted:
        return f"is at {status.sync.revision[:12] or 'no revision'}, not yet at {wanted[:12]}"
    if status.health.status != Health.HEALTHY:
        return f"is {status.health.status or 'of unknown health'}"
    return ""


def hold(lacking: Sequence[tuple[NamespacedName, str]], namespace: str) -> Hold | None:
    """`lacking`: the applications that come before, with what `lack` says of each; those that lack nothing are ready."""
    waited_for = [(shown_name(name, namespace), why) for name, why in lacking if why]
    if not waited_for:
        return None
    names = ", ".join(name for name, _ in waited_for)
    return Hold(
        HoldKind.DEPENDENCY,
        "it depends on " + ", ".join(f"{name}, which {why}" for name, why in waited_for),
        f"it goes on by itself once {names} {'is' if len(waited_for) == 1 else 'are'} Synced and Healthy",
    )


def shown_name(name: NamespacedName, namespace: str) -> str:
    return name.name if name.namespace == namespace else str(name)
