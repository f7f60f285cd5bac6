"""The tree of `holdfast rollout get`: a Rollout, its revisions, and what each of them has running."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from msgspec import Struct

from holdfast.cli.rollout import pods, rollouts
from holdfast.cli.rollout.rollouts import CONTROLLER_REVISION, EXPERIMENT, POD, REPLICA_SET
from holdfast.engine.lang import durations, instants
from holdfast.engine.rollout import defaults, phases, replica_sets
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.in_place.workload import HASH_LABELS, REVISION_LABEL, template_of
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.kube import KubeObject, annotations_of, kind_of, labels_of, name_of, owner_references_of, uid_of
from holdfast.model.resource_types import ANALYSIS_RUN
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Cluster

HEADINGS: Final = ("NAME", "KIND", "STATUS", "AGE", "INFO")
Row: TypeAlias = tuple[str, str, str, str, str]
_VERSIONS: Final = (REPLICA_SET.kind, CONTROLLER_REVISION.kind)
_ORDER: Final = ("Experiment", "ReplicaSet", "ControllerRevision", "AnalysisRun", "Pod")


class Family(Struct, frozen=True):
    """Objects by the uid of the one that owns them."""

    children: dict[str, list[KubeObject]]

    def of(self, uid: str) -> list[KubeObject]:
        return sorted(self.children.get(uid, []), key=lambda it: (_ORDER.index(kind_of(it)), name_of(it)))


async def gather(cluster: Cluster, rollout: Rollout) -> Family:
    found = (await owned(cluster, rollout.metadata.namespace)).children
    await _add_revisions(cluster, rollout, found)
    return Family(found)


async def owned(cluster: Cluster, namespace: str) -> Family:
    found: dict[str, list[KubeObject]] = {}
    for resource in (REPLICA_SET, EXPERIMENT, ANALYSIS_RUN, POD):
        listing = await cluster.list(resource, namespace=namespace)
        for obj in (live.decode() for live in listing.items):
            # An item of a list need not say its kind.
            whole = {**obj, "kind": resource.kind}
            for owner in owner_references_of(whole):
                found.setdefault(str(owner.get("uid")), []).append(whole)
    return Family(found)


async def _add_revisions(cluster: Cluster, rollout: Rollout, found: dict[str, list[KubeObject]]) -> None:
    """Of a workload whose pods are replaced in place: its revisions are the Rollout's, and its pods are theirs."""
    owner = await rollouts.workload_of(cluster, rollout)
    if owner is None:
        return
    there = found.pop(uid_of(owner), [])
    for revision in await rollouts.revisions_of(cluster, owner):
        name, hash_ = name_of(revision), in_place_hash(rollout, revision)
        found.setdefault(rollout.metadata.uid, []).append({**revision, "kind": CONTROLLER_REVISION.kind})
        found[uid_of(revision)] = [pod for pod in there if labels_of(pod).get(REVISION_LABEL) in (name, hash_)]


def in_place_hash(rollout: Rollout, revision: KubeObject) -> str:
    reference = kinds.reference(rollout)
    return labels_of(revision).get(HASH_LABELS[reference.kind], "") if reference is not None else ""


def without_ages(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    """What changes when something happens, and not by the mere passing of time."""
    return [(name, kind, status, info) for name, kind, status, _, info in rows]


def rows(rollout: Rollout, family: Family, now: datetime) -> list[Row]:
    age = _age(rollout.metadata.creation_timestamp, now)
    found: list[Row] = [(rollout.metadata.name, "Rollout", phases.shown(rollout)[0], age, "")]
    owned = family.of(rollout.metadata.uid)
    by_revision: dict[int, list[KubeObject]] = {}
    for obj in owned:
        by_revision.setdefault(replica_sets.revision_of(annotations_of(obj)), []).append(obj)
    for revision in sorted(by_revision, reverse=True):
        found.append((f"  # revision:{revision}", "", "", "", ""))
        for obj in by_revision[revision]:
            found.extend(_branch(rollout, family, obj, now, "    "))
    return found


def images(rollout: Rollout, family: Family) -> list[str]:
    """Those of the versions that have pods, the newest first, with what each is for."""
    found = []
    owned = [obj for obj in family.of(rollout.metadata.uid) if kind_of(obj) in _VERSIONS]
    for obj in sorted(owned, key=lambda it: -replica_sets.revision_of(annotations_of(it))):
        roles = ",".join(_names_of_roles(rollout, _version(rollout, obj).hash))
        if family.of(uid_of(obj)):
            found += [f"{image} ({roles})" if roles else image for image in _images(obj)]
    return list(dict.fromkeys(found))


def _images(version: KubeObject) -> list[str]:
    spec = template_of(version) if kind_of(version) == CONTROLLER_REVISION.kind else version["spec"]["template"]
    return [str(container.get("image") or "") for container in (spec.get("spec") or {}).get("containers") or []]


def _version(rollout: Rollout, obj: KubeObject) -> ReplicaSet:
    if kind_of(obj) == CONTROLLER_REVISION.kind:
        return ReplicaSet(name_of(obj), in_place_hash(rollout, obj))
    return replica_sets.read(obj)


def experiment_rows(experiment: KubeObject, family: Family, now: datetime) -> list[Row]:
    """No Rollout gives its sets a role."""
    return list(_branch(Rollout(), family, {**experiment, "kind": EXPERIMENT.kind}, now, ""))


def _branch(rollout: Rollout, family: Family, obj: KubeObject, now: datetime, indent: str) -> Iterator[Row]:
    status, info = _told(rollout, obj)
    yield f"{indent}{name_of(obj)}", kind_of(obj), status, _age(obj["metadata"].get("creationTimestamp"), now), info
    for child in family.of(uid_of(obj)):
        yield from _branch(rollout, family, child, now, f"{indent}  ")


def _age(created: str | None, now: datetime) -> str:
    began = instants.parse(created)
    return "" if began is None else durations.brief(now - began)


def _told(rollout: Rollout, obj: KubeObject) -> tuple[str, str]:
    status = obj.get("status") or {}
    if kind_of(obj) == "ReplicaSet":
        one = replica_sets.read(obj)
        if not one.desired and not one.current:
            return "ScaledDown", _roles(rollout, one)
        return "Healthy" if one.is_saturated else "Progressing", _roles(rollout, one)
    if kind_of(obj) == CONTROLLER_REVISION.kind:
        return "", _roles(rollout, _version(rollout, obj))
    if kind_of(obj) == "Pod":
        return pods.told(obj)
    return str(status.get("phase") or "Pending"), str(status.get("message") or _measured(status))


def _measured(status: KubeObject) -> str:
    """How the measurements of an AnalysisRun ended so far."""
    summary = status.get("runSummary") or {}
    names: Sequence[str] = ("successful", "failed", "inconclusive", "error")
    return ", ".join(f"{summary[name]} {name}" for name in names if summary.get(name))


def _roles(rollout: Rollout, one: ReplicaSet) -> str:
    return ",".join(_names_of_roles(rollout, one.hash)) + (f" until {one.deadline}" if one.deadline else "")


def _names_of_roles(rollout: Rollout, version: str) -> list[str]:
    status = rollout.status
    if defaults.blue_green(rollout) is not None:
        named = [("stable", status.stable_rs), ("active", status.blue_green.active_selector)]
        named.append(("preview", status.blue_green.preview_selector))
    else:
        named = [("stable", status.stable_rs)]
        if status.current_pod_hash != status.stable_rs:
            named.append(("canary", status.current_pod_hash))
    return [role for role, hash_ in named if hash_ and hash_ == version]
