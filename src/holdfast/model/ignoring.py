"""What is not compared, as argocd-cm and an application say it, and what jq expressions mean in single objects."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.keys import ObjectKey
from holdfast.model.scripts import JsonPath


class StatusField(StrEnum):
    """What happens with `.status` in manifests."""

    IGNORED = "all"
    IGNORED_IN_DEFINITIONS = "crd"
    COMPARED = "none"


class KnownField(Struct, frozen=True):
    """A field of a custom resource that has a type of Kubernetes, such as "core/v1/PodSpec"."""

    field: str
    type: str


class KnownFields(Struct, frozen=True):
    group: str
    kind: str
    fields: tuple[KnownField, ...]


class CompareSettings(Struct, frozen=True, kw_only=True):
    """`rules` are the ignoreDifferences of argocd-cm; `updates` say which changes of a live object wake nobody,
    and `masked_annotations` of Secrets are hidden like their values."""

    rules: tuple[ResourceIgnoreDifferences, ...] = ()
    updates: tuple[ResourceIgnoreDifferences, ...] = ()
    updates_ignored: bool = True
    differences_ignored_in_updates: bool = True
    known_fields: tuple[KnownFields, ...] = ()
    aggregated_roles_ignored: bool = True
    status: StatusField = StatusField.IGNORED
    jq_seconds: float = 1.0
    masked_annotations: frozenset[str] = frozenset()


class Meant(Struct, frozen=True):
    """The paths that jq expressions mean in the three sides of one object."""

    live: tuple[JsonPath, ...] = ()
    predicted: tuple[JsonPath, ...] = ()
    desired: tuple[JsonPath, ...] = ()


class Ignoring(Struct, frozen=True):
    """All that is not compared in one application; `meant` has the objects in which a jq expression means something."""

    settings: CompareSettings = CompareSettings()
    rules: tuple[ResourceIgnoreDifferences, ...] = ()
    meant: Mapping[ObjectKey, Meant] = {}
