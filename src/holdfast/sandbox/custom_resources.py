"""CustomResourceDefinitions: judged, accepted, and turned into served types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from holdfast.engine.kube import server_side_apply
from holdfast.engine.kube.schema import UNKNOWN, SchemaNode, Schemas
from holdfast.engine.lang import instants
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.sandbox import problems
from holdfast.sandbox.discovery import version_rank
from holdfast.sandbox.kinds import SubresourceKind
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.registry import Registry, ScalePaths, ServedType
from holdfast.sandbox.storage import Collection, Storage, Stored

DEFINITIONS: Final = Collection("apiextensions.k8s.io", "customresourcedefinitions")
_VERBS: Final = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_READ_WRITE: Final = ("get", "patch", "update")


class CustomResources:
    """Keeps the registry at what the stored definitions say."""

    def __init__(self, registry: Registry, storage: Storage, clock: Clock) -> None:
        self._registry = registry
        self._storage = storage
        self._clock = clock
        for stored in storage.all_in(DEFINITIONS):
            self._serve(stored.decode())

    def after_write(self, stored: Stored) -> None:
        """Serves what a definition says, and writes down that it is."""
        current = self._storage.get(DEFINITIONS, stored.key)
        if current is None:
            self._registry.drop_custom(stored.key.name)
            return
        obj = current.decode()
        if current.is_being_deleted:
            return
        clash = self._clash(obj)
        if clash is None:
            self._serve(obj)
        status = self._status(obj, clash)
        if status != obj.get("status"):
            self._storage.put(DEFINITIONS, self._tracked(obj, {**obj, "status": status}))

    def _tracked(self, before: KubeObject, after: KubeObject) -> KubeObject:
        served = self._registry.storage_type(DEFINITIONS)
        if served is None:
            return after
        now = instants.stamp(self._clock.now())
        return server_side_apply.track_update(
            before, after, manager="kube-apiserver", node=served.node, now=now, subresource="status"
        )

    def _clash(self, obj: KubeObject) -> tuple[str, str] | None:
        """The reason and message of a name that another definition of the group has already."""
        spec, name = obj["spec"], obj["metadata"]["name"]
        names = spec["names"]
        for served in self._registry:
            if served.group != spec["group"] or served.definition == name:
                continue
            if served.plural == names["plural"]:
                return "PluralConflict", f'"{names["plural"]}" is already in use'
            if served.kind == names["kind"]:
                return "KindConflict", f'"{names["kind"]}" is already in use'
        return None

    def _status(self, obj: KubeObject, clash: tuple[str, str] | None) -> dict[str, Any]:
        status = dict(obj.get("status") or {})
        before = {condition["type"]: condition for condition in status.get("conditions") or ()}
        now = instants.stamp(self._clock.now())
        if clash is None:
            accepted = ("NamesAccepted", "True", "NoConflicts", "no conflicts found")
            established = ("Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
            status["acceptedNames"] = obj["spec"]["names"]
        else:
            accepted = ("NamesAccepted", "False", *clash)
            established = ("Established", "False", "NotAccepted", "not all names are accepted")
        conditions = []
        for kind, value, reason, message in (accepted, established):
            old = before.pop(kind, None)
            moment = old["lastTransitionTime"] if old and old["status"] == value else now
            conditions.append(
                {"type": kind, "status": value, "lastTransitionTime": moment, "reason": reason, "message": message}
            )
        status["conditions"] = [*conditions, *before.values()]
        return status

    def _serve(self, obj: KubeObject) -> None:
        self._registry.put_custom(obj["metadata"]["name"], types_of(obj, self._registry.object_meta))


def types_of(definition: KubeObject, object_meta: SchemaNode) -> tuple[ServedType, ...]:
    """The served versions, the preferred one first."""
    spec = definition["spec"]
    versions = sorted(spec["versions"], key=lambda version: version_rank(version["name"]), reverse=True)
    storage = next(version["name"] for version in spec["versions"] if version.get("storage"))
    return tuple(
        _served(definition, spec, version, storage, object_meta) for version in versions if version.get("served")
    )


def _served(
    definition: KubeObject, spec: Mapping[str, Any], version: Mapping[str, Any], storage: str, object_meta: SchemaNode
) -> ServedType:
    names = spec["names"]
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    subresources = version.get("subresources") or {}
    served: dict[str, SubresourceKind] = {}
    if "status" in subresources:
        served["status"] = SubresourceKind(names["kind"], spec["group"], version["name"], _READ_WRITE)
    scale = subresources.get("scale")
    if scale:
        served["scale"] = SubresourceKind("Scale", "autoscaling", "v1", _READ_WRITE)
    reversed_group = ".".join(reversed(spec["group"].split(".")))
    return ServedType(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        storage_version=storage,
        node=Schemas.from_crd(schema, object_meta) if schema else UNKNOWN,
        verbs=_VERBS,
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=served,
        columns=_columns(version),
        schema_name=f"{reversed_group}.{version['name']}.{names['kind']}",
        is_custom=True,
        scale=_scale_paths(scale) if scale else None,
        selectable_fields=tuple(
            str(field.get("jsonPath", "")).removeprefix(".") for field in version.get("selectableFields") or ()
        ),
        definition=definition["metadata"]["name"],
    )


def _columns(version: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    given = version.get("additionalPrinterColumns") or [
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    ]
    return tuple(
        {
            "name": column["name"],
            "type": column["type"],
            "format": column.get("format") or "",
            "description": column.get("description")
            or f"Custom resource definition column (in JSONPath format): {column['jsonPath']}",
            "priority": column.get("priority") or 0,
            "jsonPath": column["jsonPath"],
        }
        for column in given
    )


def _scale_paths(scale: Mapping[str, Any]) -> ScalePaths:
    def keys(name: str) -> tuple[str, ...]:
        path = str(scale.get(name) or "").removeprefix(".")
        return tuple(path.split(".")) if path else ()

    return ScalePaths(keys("specReplicasPath"), keys("statusReplicasPath"), keys("labelSelectorPath"))


def definition_problems(obj: KubeObject) -> Iterator[Problem]:
    """What is wrong with a definition by itself."""
    spec = obj.get("spec") or {}
    names = spec.get("names") or {}
    group, plural = spec.get("group") or "", names.get("plural") or ""
    if obj["metadata"].get("name") != f"{plural}.{group}":
        detail = 'must be spec.names.plural+"."+spec.group'
        yield problems.invalid("metadata.name", obj["metadata"].get("name"), detail)
    for field, value in (("spec.group", group), ("spec.names.plural", plural), ("spec.names.kind", names.get("kind"))):
        if not value:
            yield problems.required(field)
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield problems.not_supported("spec.scope", spec.get("scope") or "", ("Cluster", "Namespaced"))
    versions = spec.get("versions") or []
    if sum(1 for version in versions if version.get("storage")) != 1:
        detail = "must have exactly one version marked as storage version"
        yield problems.invalid("spec.versions", [version.get("name") for version in versions], detail)
    for index, version in enumerate(versions):
        yield from _version_problems(version, f"spec.versions[{index}]")
    yield from _stored_problems((obj.get("status") or {}).get("storedVersions") or [], versions)
    seen: set[Any] = set()
    for index, version in enumerate(versions):
        if version.get("name") in seen:
            yield problems.duplicate(f"spec.versions[{index}].name", version.get("name"))
        seen.add(version.get("name"))


def _stored_problems(before: Sequence[str], versions: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """A version goes when the status says that nothing is stored in it."""
    if not before:
        yield problems.invalid("status.storedVersions", None, "must have at least one stored version")
    declared = {version.get("name") for version in versions}
    for index, name in enumerate(before):
        if name not in declared:
            detail = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions "
                f"until a storage migration ensures no data remains persisted in {name} and removes {name} from "
                "status.storedVersions"
            )
            yield problems.invalid(f"status.storedVersions[{index}]", name, detail)


def _version_problems(version: Mapping[str, Any], place: str) -> Iterator[Problem]:
    if not version.get("name"):
        yield problems.required(f"{place}.name")
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        for field in ("name", "type", "jsonPath"):
            if not column.get(field):
                yield problems.required(f"{place}.additionalPrinterColumns[{index}].{field}")
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if not schema:
        yield problems.required(f"{place}.schema.openAPIV3Schema")
        return
    if schema.get("type") != "object":
        value = schema.get("type") or ""
        yield problems.invalid(f"{place}.schema.openAPIV3Schema.type", value, "must be object at the root")
    yield from _structural_problems(schema, f"{place}.schema.openAPIV3Schema", 0)


_MAX_SCHEMA_DEPTH: Final = 100


def _structural_problems(schema: Mapping[str, Any], place: str, depth: int) -> Iterator[Problem]:
    """A structural schema names the type of everything, and lists by key say their keys."""
    if depth > _MAX_SCHEMA_DEPTH:
        yield problems.forbidden(place, f"schemas may be {_MAX_SCHEMA_DEPTH} levels deep at most")
        return
    preserves = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string")
    if not schema.get("type") and not preserves:
        yield problems.required(f"{place}.type", "must not be empty for specified object fields" if depth else "")
    if schema.get("x-kubernetes-list-type") == "map" and not schema.get("x-kubernetes-list-map-keys"):
        yield problems.required(
            f"{place}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"
        )
    for name, inner in (schema.get("properties") or {}).items():
        if depth == 0 and name == "metadata":
            continue
        yield from _structural_problems(inner, f"{place}.properties[{name}]", depth + 1)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield from _structural_problems(schema[name], f"{place}.{name}", depth + 1)
