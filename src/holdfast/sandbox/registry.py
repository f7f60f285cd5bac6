"""What the sandbox serves at this moment: the built-in kinds and those of the established CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from holdfast.engine.kube.schema import UNKNOWN, SchemaNode, Schemas
from holdfast.sandbox import wire_types
from holdfast.sandbox.kinds import BuiltinKind, BuiltinKinds, SubresourceKind
from holdfast.sandbox.storage import Collection

NO_COLUMNS: tuple[dict[str, Any], ...] = ()


class ScalePaths(Struct, frozen=True):
    """Where a custom resource keeps what its Scale shows, as paths of keys; `selector` may be empty."""

    spec_replicas: tuple[str, ...]
    status_replicas: tuple[str, ...]
    selector: tuple[str, ...] = ()


class ServedType(Struct, frozen=True, eq=False):
    """One version of one resource, with all that serving it needs."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    storage_version: str
    node: SchemaNode = UNKNOWN
    verbs: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, SubresourceKind] = {}
    columns: tuple[dict[str, Any], ...] = ()
    schema_name: str = ""
    is_custom: bool = False
    preserves_unknown: bool = False
    scale: ScalePaths | None = None
    selectable_fields: tuple[str, ...] = ()
    storage_hash: str = ""
    definition: str = ""  # the name of the CustomResourceDefinition

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def storage_api_version(self) -> str:
        return f"{self.group}/{self.storage_version}" if self.group else self.storage_version

    @property
    def collection(self) -> Collection:
        return Collection(self.group, self.plural)

    @property
    def has_status(self) -> bool:
        return "status" in self.subresources


class Registry:
    """Built-in types first in the order of discovery, then the custom ones by group and version."""

    def __init__(self, builtin: BuiltinKinds) -> None:
        self.kubernetes_version = builtin.kubernetes_version
        self.version_document = builtin.version
        self.components = builtin.schemas
        self.wire_types = wire_types.load()
        self._schemas = Schemas(builtin.schemas)
        self._builtin = _builtin_types(builtin, self._schemas)
        self._custom: dict[str, tuple[ServedType, ...]] = {}
        self._by_path: dict[tuple[str, str, str], ServedType] = {}
        self._by_kind: dict[tuple[str, str, str], ServedType] = {}
        self._by_version: dict[tuple[str, str], list[ServedType]] = {}
        self._groups: frozenset[str] = frozenset()
        self._storage_types: dict[Collection, ServedType] = {}
        self.generation = 0
        self._changed: dict[str, int] = {}
        self._rebuild()

    @property
    def object_meta(self) -> SchemaNode:
        """The schema of metadata."""
        name = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
        return self._schemas.node(name) if name in self._schemas else UNKNOWN

    def schema(self, name: str) -> SchemaNode:
        """The node of a built-in component, UNKNOWN when there is none."""
        return self._schemas.node(name) if name in self._schemas else UNKNOWN

    def __iter__(self) -> Iterator[ServedType]:
        yield from self._builtin
        for _, types in sorted(self._custom.items()):
            yield from types

    def find(self, group: str, version: str, plural: str) -> ServedType | None:
        return self._by_path.get((group, version, plural))

    def find_kind(self, group: str, version: str, kind: str) -> ServedType | None:
        return self._by_kind.get((group, version, kind))

    def storage_type(self, collection: Collection) -> ServedType | None:
        """The version in which a collection is kept."""
        return self._storage_types.get(collection)

    def has_group(self, group: str) -> bool:
        return group in self._groups

    def of_version(self, group: str, version: str) -> Sequence[ServedType]:
        """All types of one version of a group, in the order of discovery."""
        return self._by_version.get((group, version), ())

    def put_custom(self, definition: str, types: Sequence[ServedType]) -> None:
        """The types that a CustomResourceDefinition makes, in place of those it made before."""
        before = self._custom.get(definition, ())
        self._custom[definition] = tuple(types)
        self._rebuild((*before, *types))

    def drop_custom(self, definition: str) -> None:
        types = self._custom.pop(definition, None)
        if types is not None:
            self._rebuild(types)

    def custom_types(self, definition: str) -> tuple[ServedType, ...]:
        return self._custom.get(definition, ())

    def generation_of(self, path: str) -> int:
        """The generation of the last change under `apis/GROUP/VERSION`."""
        return self._changed.get(path, 0)

    def _rebuild(self, changed: Sequence[ServedType] = ()) -> None:
        self.generation += 1
        for served in changed:
            self._changed[f"apis/{served.api_version}"] = self.generation
        types = list(self)
        self._by_path = {(served.group, served.version, served.plural): served for served in types}
        self._by_kind = {(served.group, served.version, served.kind): served for served in reversed(types)}
        self._by_version = {}
        for served in types:
            self._by_version.setdefault((served.group, served.version), []).append(served)
        self._groups = frozenset(group for group, _ in self._by_version)
        self._storage_types = {
            served.collection: served for served in types if served.version == served.storage_version
        }


def _builtin_types(builtin: BuiltinKinds, schemas: Schemas) -> tuple[ServedType, ...]:
    storage = _storage_versions(builtin.resources)
    return tuple(
        ServedType(
            group=kind.group,
            version=kind.version,
            kind=kind.kind,
            plural=kind.plural,
            singular=kind.singular or kind.kind.lower(),
            namespaced=kind.namespaced,
            storage_version=storage[kind.group, kind.plural],
            node=schemas.node(kind.schema) if kind.schema in schemas else UNKNOWN,
            verbs=kind.verbs,
            short_names=kind.short_names,
            categories=kind.categories,
            subresources=kind.subresources,
            columns=kind.table_columns,
            schema_name=kind.schema,
            storage_hash=kind.storage_version_hash,
        )
        for kind in builtin.resources
    )


def _storage_versions(kinds: Sequence[BuiltinKind]) -> dict[tuple[str, str], str]:
    """The preferred version of each resource, else the first that discovery lists."""
    versions: dict[tuple[str, str], str] = {}
    for kind in kinds:
        if kind.preferred or (kind.group, kind.plural) not in versions:
            versions[kind.group, kind.plural] = kind.version
    return versions
