"""Our own actions of all kinds: which an object offers, and what one does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from holdfast.engine.actions.builtin import Builtin, Parameters
from holdfast.engine.actions.kinds import apps, argoproj, batch, cloud_native_pg, flux, keda, numaproj, single
from holdfast.model.actions import Action, Impact
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of

ACTIONS: Mapping[str, Mapping[str, tuple[Builtin, ...]]] = {
    "apps": apps.ACTIONS,
    "argoproj.io": argoproj.ACTIONS,
    "batch": batch.ACTIONS,
    "keda.sh": keda.ACTIONS,
    "numaflow.numaproj.io": numaproj.NUMAFLOW,
    "numaplane.numaproj.io": numaproj.NUMAPLANE,
    "postgresql.cnpg.io": cloud_native_pg.ACTIONS,
    **flux.ACTIONS,
    **single.ACTIONS,
}


def actions_of(kind: GroupKind) -> tuple[Builtin, ...]:
    return ACTIONS.get(kind.group, {}).get(kind.kind, ())


def offers(obj: KubeObject) -> list[Action]:
    return [action.offer(obj) for action in actions_of(group_kind_of(obj)) if not action.hidden(obj)]


def perform(obj: KubeObject, name: str, parameters: Parameters, now: datetime) -> list[Impact] | None:
    """None when the kind has no such action. Raises Blocked for parameters that cannot be used."""
    found = next((action for action in actions_of(group_kind_of(obj)) if action.name == name), None)
    return found.effect(obj, parameters, now) if found else None
