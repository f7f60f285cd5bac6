"""Desired objects as they stand beside the live ones, between rendering, comparing, planning and status."""

from __future__ import annotations

from msgspec import Struct

from holdfast.model.application import ApplicationCondition
from holdfast.model.comparison import Comparison
from holdfast.model.discovery import ResourceType
from holdfast.model.health import HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject


class Target(Struct, frozen=True):
    """One object that the source wants, complete with its namespace and tracking id.

    `resource` is None while the cluster does not serve the kind. `problem` says why it cannot be applied, for people.
    `waits_for_definition`: the kind is defined by this application itself, or expected to come.
    """

    obj: KubeObject
    key: ObjectKey
    resource: ResourceType | None = None
    problem: str = ""
    waits_for_definition: bool = False


class Targets(Struct, frozen=True):
    """`hooks` run in a sync and are not compared; what is `skipped` is neither compared, applied nor pruned. Of what is
    `repeated` the `conditions` say so, in its order, and `told` are the notes of the render that they say as well."""

    objects: tuple[Target, ...] = ()
    hooks: tuple[Target, ...] = ()
    skipped: frozenset[ObjectKey] = frozenset()
    conditions: tuple[ApplicationCondition, ...] = ()
    repeated: tuple[ObjectKey, ...] = ()
    told: frozenset[str] = frozenset()


class Prediction(Struct, frozen=True):
    """What a server-side dry-run apply answered: the object, or why the server refused; neither when it was not asked."""

    obj: KubeObject | None = None
    refusal: str = ""


class ObjectState(Struct, frozen=True):
    """One object of an application: desired, live or both.

    `comparison` is None for hooks, and for every object when the desired ones are not known. `counts` is false where the
    object does not make the application OutOfSync.
    """

    key: ObjectKey
    version: str
    target: Target | None = None
    live: KubeObject | None = None
    comparison: Comparison | None = None
    health: HealthReport | None = None
    hook: bool = False
    wave: int = 0
    requires_pruning: bool = False
    requires_confirmation: bool = False
    counts: bool = True
    problem: str = ""
