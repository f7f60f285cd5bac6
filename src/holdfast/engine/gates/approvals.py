"""How many people must let a revision pass, and who has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from holdfast.model.approval import Approval
from holdfast.model.gate import Hold, HoldKind
from holdfast.model.keys import NamespacedName
from holdfast.model.names import Annotation

MOST = 100
SHOWN = 12


class Requirement(Struct, frozen=True):
    """What one place asks for. `count` None: what stands there is no number, so nothing can satisfy it."""

    place: str
    count: int | None
    groups: tuple[str, ...] = ()
    self_approval: bool = False


def requirements(places: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Requirement, ...]:
    """Of each place (its name, its annotations) that asks for approvals. All of them count: none loosens another."""
    found = (_requirement(place, annotations) for place, annotations in places)
    return tuple(one for one in found if one is not None)


def _requirement(place: str, annotations: Mapping[str, str]) -> Requirement | None:
    """Groups alone mean one approval of theirs."""
    said = annotations.get(Annotation.APPROVALS, "").strip()
    groups = tuple(name.strip() for name in annotations.get(Annotation.APPROVERS, "").split(",") if name.strip())
    if not said and not groups:
        return None
    count = 1 if not said else int(said) if said.isdecimal() and int(said) <= MOST else None
    if count == 0:
        return None
    return Requirement(place, count, groups, annotations.get(Annotation.SELF_APPROVAL, "").strip() == "true")


def valid(approvals: Iterable[Approval], app: NamespacedName, revision: str) -> list[Approval]:
    """Those of this revision that nobody has touched since they were made, the first of each person, the oldest first."""
    fitting = [
        one
        for one in approvals
        if revision
        and (one.metadata.namespace, one.spec.application, one.spec.revision) == (app.namespace, app.name, revision)
        and one.spec.user
        and one.metadata.generation <= 1
        and not one.metadata.deletion_timestamp
    ]
    fitting.sort(key=lambda one: (one.metadata.creation_timestamp or "", one.metadata.name), reverse=True)
    return list(reversed({one.spec.user.lower(): one for one in fitting}.values()))


def counted(requirement: Requirement, given: Iterable[Approval], own: frozenset[str]) -> list[Approval]:
    """`own` are the people whose change or whose sync it is, in lower case."""
    return [
        one
        for one in given
        if (not requirement.groups or set(requirement.groups) & set(one.spec.groups))
        and (requirement.self_approval or one.spec.user.lower() not in own)
    ]


def hold(
    wanted: Iterable[Requirement], given: Iterable[Approval], app: NamespacedName, revision: str, own: frozenset[str]
) -> Hold | None:
    people = list(given)
    lacking = [(one, counted(one, people, own)) for one in wanted]
    lacking = [(one, counting) for one, counting in lacking if one.count is None or len(counting) < one.count]
    if not lacking:
        return None
    groups = sorted({group for one, _ in lacking for group in one.groups})
    whoever = f"somebody of {' or '.join(groups)}" if groups else "somebody else"
    named = f'"{revision}"' if " " in revision else revision  # of several sources
    return Hold(
        HoldKind.APPROVAL,
        f"revision {revision[:SHOWN]} waits for approval: " + "; ".join(_told(one, who) for one, who in lacking),
        f"{whoever} types `holdfast app approve {app} --revision {named}`",
    )


def _told(requirement: Requirement, counting: list[Approval]) -> str:
    if requirement.count is None:
        return f"{requirement.place}: the annotation {Annotation.APPROVALS.value} is no number up to {MOST}"
    by = f" ({', '.join(one.spec.user for one in counting)})" if counting else ""
    return f"{requirement.place} asks for {requirement.count}, given are {len(counting)}{by}"
