"""What the server does with metadata: fills it in on creation, keeps what is its own on updates, judges names and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from holdfast.engine.kube import names
from holdfast.engine.kube.canonical import equal
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.sandbox import kind_traits, problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.registry import ServedType

_SERVERS_OWN: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
    "selfLink",
)
_STANDARD_FINALIZERS: Final = ("foregroundDeletion", "orphan", "kubernetes")
MAX_GENERATED_PREFIX: Final = 58
_NOT_COUNTED: Final = frozenset({"metadata", "status", "apiVersion", "kind"})


def for_creation(
    served: ServedType, obj: KubeObject, namespace: str, *, now: str, uid: str, suffix: Callable[[], str]
) -> KubeObject:
    """The object with the metadata of a new one."""
    metadata = dict(obj.get("metadata") or {})
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "generation"):
        metadata.pop(name, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:MAX_GENERATED_PREFIX] + suffix()
    if namespace:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    metadata["uid"] = uid
    metadata["creationTimestamp"] = now
    if kind_traits.has_generation(served):
        metadata["generation"] = 1
    return {**obj, "metadata": metadata}


def for_update(served: ServedType, before: KubeObject, after: KubeObject) -> KubeObject:
    """`after` with the metadata that no client changes taken from `before`, and the generation that its change makes."""
    old = before["metadata"]
    metadata = dict(after.get("metadata") or {})
    for name in _SERVERS_OWN:
        metadata.pop(name, None)
        if name in old:
            metadata[name] = old[name]
    metadata["name"] = old["name"]
    if "namespace" in old:
        metadata["namespace"] = old["namespace"]
    else:
        metadata.pop("namespace", None)
    metadata["resourceVersion"] = old["resourceVersion"]
    if kind_traits.has_generation(served) and _has_new_generation(served, before, after):
        metadata["generation"] = int(old.get("generation") or 0) + 1
    return {**after, "metadata": metadata}


def _has_new_generation(served: ServedType, before: KubeObject, after: KubeObject) -> bool:
    ignored = _NOT_COUNTED if served.has_status or not served.is_custom else _NOT_COUNTED - {"status"}
    if served.kind == "Deployment" and not served.is_custom:
        # Its controller copies annotations to ReplicaSets, so a change of theirs counts.
        old, new = (each["metadata"].get("annotations") or {} for each in (before, after))
        if old != new:
            return True
    keys = (before.keys() | after.keys()) - ignored
    return any(not equal(before.get(key), after.get(key)) for key in keys)


def check_identity(served: ServedType, obj: KubeObject, namespace: str, name: str) -> None:
    """Refuses a body that speaks of another object than the path. Raises BadRequest."""
    metadata = obj.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise errors.BadRequest(
            f'{served.kind} in version "{served.version}" cannot be handled as a {served.kind}: metadata'
        )
    metadata = metadata or {}
    given = metadata.get("name")
    if name and given and given != name:
        raise errors.BadRequest(f"the name of the object ({given}) does not match the name on the URL ({name})")
    if name and not given:
        metadata["name"] = name
        obj["metadata"] = metadata
    if metadata.get("namespace") and metadata["namespace"] != namespace and served.namespaced:
        raise errors.BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def object_problems(served: ServedType, obj: KubeObject) -> Iterator[Problem]:
    """What is wrong with the metadata of an object that is to be stored."""
    metadata = obj["metadata"]
    name = metadata.get("name") or ""
    if not name:
        yield problems.required("metadata.name", "name or generateName is required")
    else:
        rule = kind_traits.NAME_RULES.get(kind_traits.group_kind(served), "subdomain")
        for problem in names.name_errors(rule, name):
            yield problems.invalid("metadata.name", name, problem)
    yield from map_problems(metadata, "metadata")
    yield from _owner_problems(metadata.get("ownerReferences") or [])
    for index, finalizer in enumerate(metadata.get("finalizers") or ()):
        yield from _finalizer_problems(finalizer, index, custom=served.is_custom)


def _owner_problems(owners: list[dict[str, Any]]) -> Iterator[Problem]:
    for index, owner in enumerate(owners):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield problems.required(f"metadata.ownerReferences[{index}].{field}", "must not be empty")
        if str(owner.get("apiVersion") or "").count("/") > 1:
            place = f"metadata.ownerReferences[{index}].apiVersion"
            yield problems.invalid(place, owner["apiVersion"], "must be <group>/<version> or <version>")
    controllers = [f"{owner.get('kind')}/{owner.get('name')}" for owner in owners if owner.get("controller") is True]
    if len(controllers) > 1:
        detail = (
            "Only one reference can have Controller set to true. "
            f'Found "true" in references for {controllers[0]} and {controllers[1]}'
        )
        yield problems.invalid("metadata.ownerReferences", owners, detail)


def map_problems(metadata: dict[str, Any], place: str) -> Iterator[Problem]:
    """What is wrong with the labels and annotations of an object or of a template."""
    for value, problem in names.label_errors(metadata.get("labels") or {}):
        yield problems.invalid(f"{place}.labels", value, problem)
    annotations = metadata.get("annotations") or {}
    for key, problem in names.annotation_errors(annotations):
        yield problems.invalid(f"{place}.annotations", key, problem)
    if names.annotations_too_long(annotations):
        yield problems.too_long(f"{place}.annotations", names.MAX_ANNOTATIONS_BYTES)


def _finalizer_problems(finalizer: str, index: int, *, custom: bool) -> Iterator[Problem]:
    """Custom resources may have finalizers without a domain, such as Argo CD's."""
    for problem in names.qualified_name(finalizer):
        yield problems.invalid("metadata.finalizers", finalizer, problem)
    if not custom and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
        detail = "name is neither a standard finalizer name nor is it fully qualified"
        yield problems.invalid(f"metadata.finalizers[{index}]", finalizer, detail)


def update_problems(before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    """What a client may not do to the metadata of an object that is there."""
    old, new = before["metadata"], after.get("metadata") or {}
    if new.get("uid") and new["uid"] != old.get("uid"):
        yield problems.invalid("metadata.uid", new["uid"], "field is immutable")
    if old.get("deletionTimestamp"):
        added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
        if added:
            shown = " ".join(f'"{name}"' for name in added)
            detail = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}"
            yield problems.forbidden("metadata.finalizers", detail)
