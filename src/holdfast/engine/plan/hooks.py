"""Hooks: objects that run at a point of a sync, declared in Argo CD's or in Helm's words.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ and .../user-guide/helm/#helm-hooks
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from holdfast.engine.kube import canonical
from holdfast.engine.plan import options, tracking
from holdfast.model.kube import KubeObject, annotations_of, key_of, metadata_of, name_of
from holdfast.model.names import Annotation, HookPhase

OPERATION = "holdfast.dev/operation"
"""The annotation that tells the hook of this operation from one that an earlier operation left."""


class DeletePolicy(StrEnum):
    HOOK_SUCCEEDED = "HookSucceeded"
    HOOK_FAILED = "HookFailed"
    BEFORE_HOOK_CREATION = "BeforeHookCreation"


HELM_PHASES = {
    "crd-install": HookPhase.SYNC,
    "pre-install": HookPhase.PRE_SYNC,
    "pre-upgrade": HookPhase.PRE_SYNC,
    "post-install": HookPhase.POST_SYNC,
    "post-upgrade": HookPhase.POST_SYNC,
    "pre-delete": HookPhase.PRE_DELETE,
    "post-delete": HookPhase.POST_DELETE,
}
HELM_POLICIES = {
    "hook-succeeded": DeletePolicy.HOOK_SUCCEEDED,
    "hook-failed": DeletePolicy.HOOK_FAILED,
    "before-hook-creation": DeletePolicy.BEFORE_HOOK_CREATION,
}
# A release of Argo CD is neither installed nor upgraded: hooks of these names alone never run.
HELM_NEVER = frozenset({"pre-rollback", "post-rollback", "test", "test-success", "test-failure"})
SYNC_PHASES = (HookPhase.PRE_SYNC, HookPhase.SYNC, HookPhase.POST_SYNC, HookPhase.SYNC_FAIL)


def types_of(obj: KubeObject) -> tuple[HookPhase, ...]:
    """The phases that the object is a hook of, each once. Argo CD's annotation goes before Helm's."""
    found = [HookPhase(word) for word in _words(obj, Annotation.HOOK) if word in set(HookPhase)]
    if not _words(obj, Annotation.HOOK):
        found = [HELM_PHASES[word] for word in _words(obj, Annotation.HELM_HOOK) if word in HELM_PHASES]
    return tuple(dict.fromkeys(found))


def is_hook(obj: KubeObject) -> bool:
    """An object whose hook annotation names no known point is an ordinary one, save Helm's that never run here."""
    types = types_of(obj)
    if types:
        return types != (HookPhase.SKIP,)
    words = _words(obj, Annotation.HELM_HOOK)
    # A CRD of `crd-install` is installed like any other object.
    return bool(words) and not _words(obj, Annotation.HOOK) and set(words) <= HELM_NEVER


def is_skipped(obj: KubeObject) -> bool:
    """Never applied, and not compared."""
    return HookPhase.SKIP in types_of(obj)


def phases_of(obj: KubeObject) -> tuple[HookPhase, ...]:
    """Where in a sync the object is applied: Sync for ordinary objects, nowhere for those that are skipped."""
    if is_skipped(obj):
        return ()
    if not _words(obj, Annotation.HOOK) and not _words(obj, Annotation.HELM_HOOK):
        return (HookPhase.SYNC,)
    return tuple(phase for phase in types_of(obj) if phase in SYNC_PHASES)


def delete_policies_of(obj: KubeObject) -> tuple[DeletePolicy, ...]:
    """BeforeHookCreation when nothing is said that we know."""
    found = [DeletePolicy(word) for word in _words(obj, Annotation.HOOK_DELETE_POLICY) if word in set(DeletePolicy)]
    found += [HELM_POLICIES[word] for word in _words(obj, Annotation.HELM_HOOK_DELETE_POLICY) if word in HELM_POLICIES]
    return tuple(dict.fromkeys(found)) or (DeletePolicy.BEFORE_HOOK_CREATION,)


def named(obj: KubeObject, revision: str, phase: HookPhase, started: datetime) -> KubeObject:
    """A hook without a name gets the same one at every attempt to create it within one operation."""
    if name_of(obj):
        return obj
    prefix = metadata_of(obj).get("generateName") or ""
    name = f"{prefix}{revision[:7]}-{phase.lower()}-{int(started.timestamp())}".lower()
    named_obj = canonical.with_path(canonical.without(obj, ("metadata", "generateName")), name, "metadata", "name")
    tracking_id = annotations_of(obj).get(Annotation.TRACKING_ID, "")
    if not tracking_id.endswith("/"):
        return named_obj
    return canonical.with_path(named_obj, tracking_id + name, "metadata", "annotations", Annotation.TRACKING_ID.value)


def marked(obj: KubeObject, operation: str, phase: HookPhase) -> KubeObject:
    return canonical.with_path(obj, f"{operation}/{phase}", "metadata", "annotations", OPERATION)


def is_of_run(obj: KubeObject, operation: str, phase: str, instance: str) -> bool:
    """An operation is named by its time alone, and two applications may begin one in the same second."""
    return annotations_of(obj).get(OPERATION) == f"{operation}/{phase}" and _owner_of(obj) == instance


def is_same_run(left: KubeObject, right: KubeObject) -> bool:
    """Both are the hook of one phase of one operation of one application."""
    same = annotations_of(left).get(OPERATION, "") == annotations_of(right).get(OPERATION)
    return same and _owner_of(left) == _owner_of(right)


def other_owner(live: KubeObject, hook: KubeObject) -> str:
    """The other application that the live object belongs to, "" when the hook may take its place."""
    owner = _owner_of(live)
    return owner if owner != _owner_of(hook) else ""


def _owner_of(obj: KubeObject) -> str:
    return tracking.owner_instance(key_of(obj), annotations_of(obj))


def _words(obj: KubeObject, annotation: Annotation) -> tuple[str, ...]:
    return tuple(sorted(options.listed(obj, annotation)))
