"""Why the objects of an application are not healthy, followed from each down to its Pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from holdfast.engine.why import pauses, pods
from holdfast.engine.why.reasons import Kind, Reason, command
from holdfast.model.application import Application, ResourceStatus
from holdfast.model.health import Health
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, key_of, kind_of, owner_references_of, uid_of

WORST_FIRST = (Health.DEGRADED, Health.MISSING, Health.UNKNOWN, Health.PROGRESSING, Health.SUSPENDED)
MOST_DETAILS = 3
MOST_EVENTS = 3
GENERATIONS = 5


class Evidence(Struct, frozen=True):
    """The objects of the application with what they made, and the Events of their namespaces."""

    objects: Mapping[ObjectKey, KubeObject] = {}
    events: tuple[KubeObject, ...] = ()


def unhealthy(app: Application, evidence: Evidence, *, missing: bool = True) -> tuple[Reason, ...]:
    """One reason for each object that is not healthy, the worst first."""
    told = [health for health in WORST_FIRST if missing or health is not Health.MISSING]
    return tuple(
        _reason(app, one, evidence)
        for health in told
        for one in app.status.resources
        if one.health is not None and one.health.status == health
    )


def _reason(app: Application, one: ResourceStatus, evidence: Evidence) -> Reason:
    key = ObjectKey(one.group, one.kind, one.namespace, one.name)
    status = one.health.status if one.health is not None else ""
    message = one.health.message if one.health is not None else ""
    if status == Health.MISSING:
        return Reason(
            Kind.UNHEALTHY,
            f"{key} is not in the cluster",
            subject=str(key),
            unblock="a sync makes it",
            command=command(app, "sync"),
        )
    because = f"{key} is {status}" + (f": {message}" if message else "")
    if status == Health.SUSPENDED:
        way = pauses.way_on(key, message, evidence.objects.get(key)) or pauses.WayOn("it goes on when it is resumed")
        return Reason(Kind.UNHEALTHY, because, subject=str(key), unblock=way.unblock, command=way.command)
    details, unblock, told = followed(key, evidence)
    return Reason(
        Kind.UNHEALTHY,
        because,
        subject=str(key),
        details=details,
        unblock=unblock,
        command=told or _describe(key),
    )


def followed(key: ObjectKey, evidence: Evidence) -> tuple[tuple[str, ...], str, str]:
    """What its Pods and the Events say, what helps, and the command that helps or shows more."""
    family = _family(key, evidence)
    ailing = sorted(
        (one for obj in family if kind_of(obj) == "Pod" for one in pods.ailments(obj)), key=lambda one: one.grave
    )
    # Pods of one template ail alike: each container is told once.
    told = tuple(dict.fromkeys(one.seen for one in ailing))[:MOST_DETAILS]
    worst = ailing[0] if ailing else pods.Ailment(9, "")
    return (*told, *_warnings(family, key, evidence.events)), worst.unblock, worst.command


def _family(key: ObjectKey, evidence: Evidence) -> tuple[KubeObject, ...]:
    """The object and what it made, and what that made; of a Deployment only the newest ReplicaSet."""
    root = evidence.objects.get(key)
    if root is None:
        return ()
    family, generation = [root], [root]
    for _ in range(GENERATIONS):
        uids = {uid_of(obj) for obj in generation}
        generation = _newest_only(
            [
                obj
                for obj in evidence.objects.values()
                if any(owner.get("uid") in uids for owner in owner_references_of(obj))
            ]
        )
        if not generation:
            break
        family += generation
    return tuple(family)


def _newest_only(children: list[KubeObject]) -> list[KubeObject]:
    sets = [obj for obj in children if kind_of(obj) == "ReplicaSet"]
    if len(sets) < 2:
        return children
    newest = max(sets, key=_revision)
    return [obj for obj in children if kind_of(obj) != "ReplicaSet" or obj is newest]


def _revision(replica_set: KubeObject) -> tuple[int, str]:
    metadata = replica_set.get("metadata") or {}
    said = str((metadata.get("annotations") or {}).get("deployment.kubernetes.io/revision") or "0")
    return int(said) if said.isdigit() else 0, str(metadata.get("creationTimestamp") or "")


def _warnings(family: Iterable[KubeObject], key: ObjectKey, events: Iterable[KubeObject]) -> tuple[str, ...]:
    """The latest Warning events about them, the newest first, each text once."""
    uids = {uid_of(obj) for obj in family} - {""}
    keys = {key, *(key_of(obj) for obj in family)}
    fitting = [event for event in events if event.get("type") == "Warning" and _is_about(event, uids, keys)]
    fitting.sort(key=_last_seen, reverse=True)
    return tuple(dict.fromkeys(_told(event) for event in fitting))[:MOST_EVENTS]


def _is_about(event: KubeObject, uids: set[str], keys: set[ObjectKey]) -> bool:
    about = event.get("involvedObject") or {}
    if about.get("uid"):
        return about["uid"] in uids
    group, _, version = str(about.get("apiVersion") or "").rpartition("/")
    known = ObjectKey(
        group if version else "", str(about.get("kind")), about.get("namespace") or "", str(about.get("name"))
    )
    return known in keys


def _last_seen(event: KubeObject) -> str:
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


def _told(event: KubeObject) -> str:
    about = event.get("involvedObject") or {}
    times = event.get("count") or (event.get("series") or {}).get("count") or 1
    more = f" ({times} times)" if times > 1 else ""
    text = " ".join(str(event.get("message") or "").split())
    return f"event of {about.get('kind')} {about.get('name')}: {event.get('reason')}: {text}{more}"


def _describe(key: ObjectKey) -> str:
    place = f"-n {key.namespace} " if key.namespace else ""
    kind = f"{key.kind}.{key.group}".lower() if key.group else key.kind.lower()
    return f"kubectl {place}describe {kind} {key.name}"
