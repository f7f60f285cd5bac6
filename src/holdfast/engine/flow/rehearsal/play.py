"""One release of a Rollout, played through with the analyses of its file."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from msgspec import Struct

from holdfast.engine.flow.rehearsal.analyses import Analyses, good
from holdfast.engine.flow.rehearsal.played_run import Judge
from holdfast.engine.flow.rehearsal.templates import Templates
from holdfast.engine.rollout import rehearsal, rehearsal_in_place, validation
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.rehearsal import Moment, Simulated
from holdfast.model.fields import LabelSelector
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout


class Release(Struct, frozen=True):
    """`replicas` are those of the workload, where its own pods are replaced."""

    rollout: Rollout
    templates: Templates
    replicas: int
    ready_after: timedelta


class Played(Struct, frozen=True):
    """`missing` are the templates whose analyses took no time, as nothing is known of them."""

    moments: tuple[Moment, ...]
    missing: tuple[str, ...]
    message: str = ""


def cluster_of(release: Release, trials: Analyses) -> tuple[Simulated, KubeObject]:
    """The cluster before anything is deployed, and the pod template that is released on it.

    Raises ValueError for a Rollout that is not valid.
    """
    problem = validation.problem(release.rollout)
    if problem:
        raise ValueError(problem)
    found: Simulated
    if kinds.reference(release.rollout) is not None:
        found = rehearsal_in_place.SimulatedInPlace(release.rollout, release.replicas, ready_after=release.ready_after)
        template = rehearsal_in_place.template_of(2)
    else:
        whole = _with_pretended_template(release.rollout)
        found = Simulated(whole, ready_after=release.ready_after)
        template = rehearsal.next_template(whole)
    found.trials = trials
    return found, template


def played(release: Release, *, fails: str = "", judge: Judge = good) -> Played:
    """Raises ValueError for what the controller would refuse, and for what is too long to play through."""
    trials = Analyses(release.templates, release.ready_after, judge=judge, fails=fails)
    cluster, template = cluster_of(release, trials)
    moments = rehearsal.played(cluster, template, fails=fails)
    message = cluster.rollout.status.message if cluster.rollout.status.phase != "Healthy" else ""
    return Played(tuple(moments), tuple(trials.missing), message)


def _with_pretended_template(rollout: Rollout) -> Rollout:
    """What is in the pods of a workload plays no part in when they come and go."""
    if rollout.spec.workload_ref is None:
        return rollout
    labels = {"app": rollout.metadata.name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "pretended"}]}}
    selector = LabelSelector(match_labels=labels)
    spec = msgspec.structs.replace(rollout.spec, workload_ref=None, template=template, selector=selector)
    return msgspec.structs.replace(rollout, spec=spec)
