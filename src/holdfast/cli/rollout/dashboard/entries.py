"""What the page tells of one Rollout: the line of `holdfast rollout list`, and more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from holdfast.cli.rollout import looking
from holdfast.cli.rollout.dashboard.actions import ACTIONS
from holdfast.engine.rollout import phases
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.rollout import Rollout


class Entry(Struct, frozen=True):
    """`refusals` says by the name of an action why it cannot be asked for now; "" when it can."""

    namespace: str
    name: str
    strategy: str
    phase: str
    message: str = ""
    step: str = "-"
    weight: str = "-"
    ready: str = "-"
    images: tuple[str, ...] = ()
    analyses: tuple[str, ...] = ()
    refusals: dict[str, str] = {}


def entries(found: Iterable[KubeObject], now: datetime) -> list[Entry]:
    return sorted((_entry(obj, now) for obj in found), key=lambda it: (it.namespace, it.name))


def _entry(obj: KubeObject, now: datetime) -> Entry:
    try:
        rollout = msgspec.convert(obj, Rollout)
    except msgspec.ValidationError as error:
        # One that cannot be read must not hide the others.
        return Entry(namespace_of(obj), name_of(obj), "-", "Unreadable", str(error))
    line = dict(zip(looking.HEADINGS, looking.row(rollout), strict=True))
    return Entry(
        namespace=line["NAMESPACE"],
        name=line["NAME"],
        strategy=line["STRATEGY"],
        phase=line["STATUS"],
        message=phases.shown(rollout)[1],
        step=line["STEP"],
        weight=line["SET-WEIGHT"],
        ready=line["READY"],
        images=_images(rollout),
        analyses=tuple(_analyses(rollout)),
        refusals={name: action.refusal(rollout, now) for name, action in ACTIONS.items()},
    )


def _images(rollout: Rollout) -> tuple[str, ...]:
    """Of the template that is wanted; that of a `workloadRef` is not in the Rollout."""
    containers = (rollout.spec.template.get("spec") or {}).get("containers") or []
    return tuple(str(container.get("image", "")) for container in containers)


def _analyses(rollout: Rollout) -> Iterable[str]:
    canary, blue_green = rollout.status.canary, rollout.status.blue_green
    named = (
        ("step", canary.current_step_analysis_run_status),
        ("background", canary.current_background_analysis_run_status),
        ("before promotion", blue_green.pre_promotion_analysis_run_status),
        ("after promotion", blue_green.post_promotion_analysis_run_status),
    )
    for role, run in named:
        if run is not None:
            yield f"{role}: {run.status}" + (f" - {run.message}" if run.message else "")
