"""Reads everything that a decision about an Experiment needs, out of the store of the rollout controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from holdfast.controllers.rollout.runs import templates
from holdfast.controllers.rollout.world import ANALYSIS_RUN, REPLICA_SET, SERVICE, World
from holdfast.engine.rollout import replica_sets
from holdfast.engine.rollout.draft import ENDED, Run
from holdfast.engine.rollout.experiment import objects
from holdfast.engine.rollout.experiment.draft import Chosen, Seen
from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.errors import Blocked
from holdfast.model.experiment import Experiment
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import annotations_of, metadata_of, name_of
from holdfast.model.live import LiveObject


def observe(world: World, experiment: Experiment) -> Seen:
    uid = experiment.metadata.uid
    sets = [
        replica_sets.read(live.decode())
        for live in world.owned(uid, REPLICA_SET)
        if not live.metadata.deletion_timestamp
    ]
    services = [live.decode() for live in world.owned(uid, SERVICE) if not live.metadata.deletion_timestamp]
    return Seen(
        experiment=experiment,
        now=world.now(),
        sets={one.name: one for one in sets},
        services={name_of(obj): obj for obj in services},
        runs={run.name: run for run in map(_run, world.owned(uid, ANALYSIS_RUN))},
        taken=frozenset(_taken(world, experiment)),
        chosen=_chosen(world, experiment),
    )


def _run(live: LiveObject) -> Run:
    obj = live.decode()
    status = obj.get("status") or {}
    return Run(
        name=name_of(obj),
        kind=annotations_of(obj).get(objects.ANALYSIS_NAME, ""),
        phase=str(status.get("phase") or ""),
        message=str(status.get("message") or ""),
        created=str(metadata_of(obj).get("creationTimestamp") or ""),
        is_ending=bool((obj.get("spec") or {}).get("terminate")),
    )


def _taken(world: World, experiment: Experiment) -> Iterator[str]:
    """`Kind/name` of what has a name that is needed and another owner."""
    for wanted in experiment.spec.templates:
        needed: tuple[tuple[GroupKind, str], ...] = (
            (REPLICA_SET, objects.set_name(experiment, wanted)),
            (SERVICE, objects.service_name(experiment, wanted)),
        )
        for kind, name in needed:
            live = world.store.get(ObjectKey(kind.group, kind.kind, experiment.metadata.namespace, name))
            if live is None or any(owner.uid == experiment.metadata.uid for owner in live.metadata.owner_references):
                continue
            yield f"{kind.kind}/{name}"


def _chosen(world: World, experiment: Experiment) -> Mapping[str, Chosen]:
    """Looked up only for the analyses that have not been started."""
    if experiment.status.phase in ENDED:
        return {}
    known = {one.name for one in experiment.status.analysis_runs}
    found: dict[str, Chosen] = {}
    for one in experiment.spec.analyses:
        if one.name in known:
            continue
        reference = AnalysisTemplateRef(template_name=one.template_name, cluster_scope=one.cluster_scope)
        try:
            found[one.name] = Chosen(tuple(templates(world, experiment.metadata.namespace, (reference,))))
        except Blocked as blocked:
            found[one.name] = Chosen(problem=blocked.message)
    return found
