"""Deletes objects: at once, or by a mark that finalizers, dependents, a grace period or a Namespace's content hold up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import orjson
from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.sandbox import failures, kind_traits, versions
from holdfast.sandbox.places import Place
from holdfast.sandbox.request_options import DeleteOptions
from holdfast.sandbox.storage import Collection, Key, Storage, Stored, as_stored

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
DEFINITION_CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"
_LASTING_NAMESPACES: Final = frozenset({"default", "kube-system", "kube-public"})
_JOB_WARNING: Final = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
    "set propagationPolicy=Orphan to suppress this warning"
)


class Deleted(Struct, frozen=True):
    """`is_gone` tells whether it is there no more; `stored` is its last form."""

    stored: Stored
    is_gone: bool
    warnings: tuple[str, ...] = ()


def is_ready_to_go(obj: KubeObject) -> bool:
    """Whether an object is being deleted and nothing holds it up any more."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if metadata.get("deletionGracePeriodSeconds"):
        return False
    return obj["kind"] != "Namespace" or not (obj.get("spec") or {}).get("finalizers")


def store(storage: Storage, collection: Collection, obj: KubeObject) -> None:
    """Stores an object that lost what held it up, or takes it out when that was the last."""
    if is_ready_to_go(obj):
        metadata = obj["metadata"]
        storage.delete(collection, Key(metadata.get("namespace") or "", metadata["name"]))
    else:
        storage.put(collection, obj)


def without_finalizer(obj: KubeObject, finalizer: str) -> KubeObject:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "finalizers"}
    left = [name for name in obj["metadata"].get("finalizers") or () if name != finalizer]
    if left:
        metadata["finalizers"] = left
    return {**obj, "metadata": metadata}


class Deleter:
    """Marks and removes; what must follow (dependents, a Namespace's content) is done by those who watch for the mark."""

    def __init__(self, storage: Storage, clock: Clock, after_write: Callable[[Place, Stored], None]) -> None:
        self._storage = storage
        self._clock = clock
        self._after_write = after_write

    def delete(self, place: Place, options: DeleteOptions) -> Deleted:
        served = place.served
        collection = versions.collection_of(served)
        stored = self._storage.get(collection, place.key)
        if stored is None:
            raise failures.not_found(served, place.name)
        _check_preconditions(place, stored, options)
        kind = kind_traits.group_kind(served)
        if served.group == "" and served.kind == "Namespace" and place.name in _LASTING_NAMESPACES:
            raise failures.forbidden(served, place.name, "this namespace may not be deleted")
        obj = stored.decode()
        orphans = not options.policy and kind in kind_traits.ORPHANS_BY_DEFAULT
        warnings = (_JOB_WARNING,) if orphans and served.group == "batch" else ()
        policy = "Orphan" if orphans else options.policy
        marked = self._marked(place, obj, policy, options.grace_seconds)
        if is_ready_to_go(marked):
            is_pod = served.group == "" and served.kind == "Pod"
            last = as_stored(marked, orjson.dumps(marked)) if is_pod else stored
            if not options.dry_run:
                self._storage.delete(collection, place.key)
                self._after_write(place, last)
            return Deleted(last, is_gone=True, warnings=warnings)
        if marked == obj:
            return Deleted(stored, is_gone=False, warnings=warnings)
        if options.dry_run:
            return Deleted(as_stored(marked, orjson.dumps(marked)), is_gone=False, warnings=warnings)
        written = self._storage.put(collection, marked)
        self._after_write(place, written)
        return Deleted(written, is_gone=False, warnings=warnings)

    def _marked(self, place: Place, obj: KubeObject, policy: str, grace_seconds: int | None) -> KubeObject:
        """The object with the mark of its deletion and the finalizers that the policy asks for."""
        metadata: dict[str, Any] = dict(obj["metadata"])
        finalizers = [
            name for name in metadata.get("finalizers") or () if name not in (FOREGROUND, ORPHAN) or not policy
        ]
        if policy == "Foreground":
            finalizers.append(FOREGROUND)
        elif policy == "Orphan":
            finalizers.append(ORPHAN)
        if place.served.kind == "CustomResourceDefinition" and DEFINITION_CLEANUP not in finalizers:
            finalizers.append(DEFINITION_CLEANUP)
        if finalizers:
            metadata["finalizers"] = finalizers
        else:
            metadata.pop("finalizers", None)
        grace = _grace(place, obj, grace_seconds)
        already = metadata.get("deletionTimestamp")
        if not already or grace < int(metadata.get("deletionGracePeriodSeconds") or 0):
            moment = self._clock.now() + timedelta(seconds=grace)
            metadata["deletionTimestamp"] = instants.stamp(moment)
            if not _is_finalized_elsewhere(place):
                metadata["deletionGracePeriodSeconds"] = grace
            if not already and "generation" in metadata and place.served.kind != "CustomResourceDefinition":
                metadata["generation"] += 1
        marked = {**obj, "metadata": metadata}
        if _is_namespace(place) and not already:
            marked["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
        if place.served.kind == "CustomResourceDefinition" and not already:
            marked["status"] = _ending(obj.get("status") or {}, metadata["deletionTimestamp"])
        return marked


def _ending(status: dict[str, Any], now: str) -> dict[str, Any]:
    condition = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": now,
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }
    return {**status, "conditions": [*(status.get("conditions") or ()), condition]}


def _is_namespace(place: Place) -> bool:
    return place.served.group == "" and place.served.kind == "Namespace"


def _is_finalized_elsewhere(place: Place) -> bool:
    return _is_namespace(place) or place.served.kind == "CustomResourceDefinition"


def _grace(place: Place, obj: KubeObject, asked: int | None) -> int:
    """Only Pods that a node runs, and that are not done, wait for their end."""
    if place.served.group != "" or place.served.kind != "Pod":
        return 0
    spec = obj.get("spec") or {}
    if not spec.get("nodeName") or (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    own = spec.get("terminationGracePeriodSeconds")
    seconds = asked if asked is not None else own if own is not None else 30
    return max(int(seconds), 1 if seconds < 0 else 0)


def _check_preconditions(place: Place, stored: Stored, options: DeleteOptions) -> None:
    served = place.served
    if options.uid and options.uid != stored.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({stored.uid}). "
            "The object might have been deleted and then recreated"
        )
    elif options.resource_version and options.resource_version != str(stored.resource_version):
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the ResourceVersion "
            f"in record ({stored.resource_version}). The object might have been modified"
        )
    else:
        return
    message = f'Operation cannot be fulfilled on {served.kind} "{place.name}": {why}'
    details = {"name": place.name, "group": served.group, "kind": served.kind}
    raise errors.Conflict(message, details={key: value for key, value in details.items() if value})
