"""The gates together: everything that holds one sync back before its first write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from holdfast.engine.gates import approvals, dependencies, freeze
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.approval import Approval
from holdfast.model.gate import Hold
from holdfast.model.keys import NamespacedName


class Question(Struct, frozen=True, kw_only=True):
    """One sync of one application to one revision, and what is known around it.

    `heals`: it undoes drift only. `known`: exactly this was deployed before. `breaks_freeze`: a person said so.
    `followed`: the commit that an application on the same source must have reached, too; "" for one that a person chose.
    `applications` holds at least all that come before it, through others as well; `comes_after` says what those name.
    """

    app: Application
    project: str
    revision: str
    now: datetime
    heals: bool = False
    known: bool = False
    breaks_freeze: bool = False
    followed: str = ""
    freezes: tuple[freeze.Standing, ...] = ()
    requirements: tuple[approvals.Requirement, ...] = ()
    given: tuple[Approval, ...] = ()
    own: frozenset[str] = frozenset()
    applications: Mapping[NamespacedName, Application] = {}
    comes_after: Mapping[NamespacedName, tuple[NamespacedName, ...]] = {}


def holds(question: Question) -> tuple[Hold, ...]:
    """The one that a person can do least about first; () when the way is free."""
    found = (freeze_hold(question), *_order(question), _approval(question))
    return tuple(one for one in found if one is not None)


def freeze_hold(question: Question) -> Hold | None:
    if question.breaks_freeze:
        return None
    standing = freeze.in_force(question.freezes, question.app.metadata.key, question.project, question.now)
    stopping = [one for one in standing if not (question.heals and one.freeze.spec.allow_self_heal)]
    return freeze.hold(stopping, question.now)


def _approval(question: Question) -> Hold | None:
    if question.heals or question.known or not question.requirements:
        return None
    key = question.app.metadata.key
    given = approvals.valid(question.given, key, question.revision)
    return approvals.hold(question.requirements, given, key, question.revision, question.own)


def _order(question: Question) -> tuple[Hold | None, ...]:
    key = question.app.metadata.key
    before = question.comes_after.get(key, ())
    circle = dependencies.cycle(key, lambda name: question.comes_after.get(name, ()))
    if circle:
        return (dependencies.cycle_hold(circle, key.namespace),)
    if question.heals or question.known:
        return ()
    lacking = [(name, dependencies.lack(other, _followed(question, other))) for name, other in _all(question, before)]
    return (dependencies.hold(lacking, key.namespace),)


def _all(question: Question, names: tuple[NamespacedName, ...]) -> list[tuple[NamespacedName, Application | None]]:
    return [(name, question.applications.get(name)) for name in names]


def _followed(question: Question, other: Application | None) -> str:
    """Of two applications that read the same branch, neither may lag behind the commit that the later one goes to."""
    mine, its = question.app.spec.source, other.spec.source if other is not None else None
    if mine is None or its is None:
        return ""
    return question.followed if _place(mine) == _place(its) else ""


def _place(source: ApplicationSource) -> tuple[str, ...]:
    return source.repo_url, source.chart, source.target_revision, source.tag_prefix
