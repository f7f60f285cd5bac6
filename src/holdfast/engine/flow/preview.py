"""What differs between two renders of an application, and what that would mean in the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from holdfast.engine.diff import compare
from holdfast.engine.gates import guard
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.desired import Prediction, Target, Targets
from holdfast.model.ignoring import CompareSettings, Ignoring
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import GROUP
from holdfast.model.preview import ChangeKind, ObjectChange

GUARDED = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolumeClaim"),
        ("apps", "StatefulSet"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
"""Kinds whose deletion takes data with it."""

NOTHING = Targets()


def changes(base: Targets, head: Targets, masked_annotations: frozenset[str] = frozenset()) -> tuple[ObjectChange, ...]:
    """Rendered against rendered, sorted by key. Values of Secrets are masked, and those annotations of theirs."""
    masking = Ignoring(CompareSettings(masked_annotations=masked_annotations))
    before, after = _by_key(base), _by_key(head)
    hooks = {target.key for target in (*base.hooks, *head.hooks)}
    found = (_change(key, before.get(key), after.get(key), key in hooks, masking) for key in sorted({*before, *after}))
    return tuple(change for change in found if change is not None)


def _by_key(targets: Targets) -> dict[ObjectKey, Target]:
    return {target.key: target for target in (*targets.objects, *targets.hooks)}


def _change(
    key: ObjectKey, before: Target | None, after: Target | None, hook: bool, masking: Ignoring
) -> ObjectChange | None:
    if after is None:
        warnings = () if hook else _of_deletion(key)
        return ObjectChange(key, ChangeKind.DELETE, hook=hook, warnings=warnings)
    if before is None:
        return ObjectChange(key, ChangeKind.CREATE, hook=hook, warnings=_present(after.problem))
    fields = compare.compare(after.obj, before.obj, after.obj, masking).differences
    if not fields:
        return None
    return ObjectChange(key, ChangeKind.CHANGE, fields, hook=hook, warnings=_present(after.problem))


def _of_deletion(key: ObjectKey) -> tuple[str, ...]:
    if (key.group, key.kind) in GUARDED:
        return (f"deleting a {key.kind} takes what is in it along",)
    return ()


def guarded(
    app: Application,
    project: AppProject | None,
    settings: Mapping[str, str],
    changed: Iterable[ObjectChange],
    total: int,
) -> str:
    """What the deletion guard would say to a sync, "" when it would let it pass. `total` objects were rendered before."""
    deleted = {change.key for change in changed if change.kind is ChangeKind.DELETE and not change.hook}
    annotations = project.metadata.annotations if project is not None else {}
    limits = guard.limits([app.metadata.annotations, annotations, settings])
    hold = guard.hold(deleted, total, limits, str(app.metadata.key))
    return hold.because if hold is not None else ""


def _present(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def in_cluster(
    change: ObjectChange,
    head: Targets,
    live: Mapping[ObjectKey, KubeObject],
    predictions: Mapping[ObjectKey, Prediction],
    ignored: Ignoring,
) -> ObjectChange:
    """The change with what the cluster says to it."""
    target = {target.key: target for target in head.objects}.get(change.key)
    prediction = predictions.get(change.key, Prediction())
    if target is None:
        return change
    if prediction.refusal:
        return msgspec.structs.replace(change, warnings=(*change.warnings, refusal_text(prediction.refusal)))
    present = live.get(change.key)
    if present is None or prediction.obj is None:
        return change
    fields = compare.compare(target.obj, present, prediction.obj, ignored).differences
    rendered = {field.path for field in change.fields}
    return msgspec.structs.replace(change, live_fields=tuple(field for field in fields if field.path not in rendered))


def refusal_text(refusal: str) -> str:
    if "immutable" in refusal or "may not be changed" in refusal or "forbidden: updates to" in refusal:
        return f"a field cannot be changed in place (the object must be replaced): {refusal}"
    return f"the cluster refuses it: {refusal}"


def children(targets: Targets) -> dict[NamespacedName, Application]:
    """The Applications among the objects."""
    found = (target.obj for target in targets.objects)
    apps = [obj for obj in found if key_of(obj).group == GROUP and key_of(obj).kind == "Application"]
    return {app.metadata.key: app for app in (msgspec.convert(obj, Application) for obj in apps)}


def is_same_source(left: Application, right: Application) -> bool:
    return (left.spec.source, left.spec.sources) == (right.spec.source, right.spec.sources) and (
        left.spec.destination == right.spec.destination
    )
