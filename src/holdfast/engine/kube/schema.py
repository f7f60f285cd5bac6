"""OpenAPI v3 schemas as Kubernetes extends them, seen through cheap cached nodes that resolve references lazily."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RawSchema = Mapping[str, Any]

KEYWORDS = frozenset({"enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "multipleOf"}) | {
    "uniqueItems",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
}
"""What judges a value beside its type, its fields and its items."""

_NO_PROPERTIES: Mapping[str, Any] = {}


class SchemaNode:
    """An immutable view on one schema with its references resolved. Nodes are cached: the same place is the same node.

    `raw` is the resolved schema. A `structural` node comes from a CustomResourceDefinition, where an object without
    properties holds nothing; in the schemas of a server such an object (RawExtension, FieldsV1) holds anything.
    """

    __slots__ = (
        "_additional",
        "_children",
        "_item",
        "_object_meta",
        "_properties",
        "_schemas",
        "default",
        "default_names",
        "has_keywords",
        "is_atomic_list",
        "is_atomic_map",
        "is_embedded_resource",
        "is_int_or_string",
        "is_object_map",
        "list_map_keys",
        "list_type",
        "map_type",
        "nullable",
        "patch_merge_key",
        "patch_strategies",
        "preserves_unknown_fields",
        "raw",
        "required",
        "structural",
        "type",
    )

    def __init__(
        self, raw: RawSchema, schemas: Schemas | None, structural: bool, object_meta: SchemaNode | None = None
    ) -> None:
        self.raw = raw
        self._schemas = schemas
        self._object_meta = object_meta
        self._properties: Mapping[str, Any] = raw.get("properties") or _NO_PROPERTIES
        self._children: dict[str, SchemaNode | None] = {}
        self._item: SchemaNode | None = None
        self._additional: SchemaNode | None = None
        self.structural = structural
        self.type: str = raw.get("type") or ""
        self.list_type: str = raw.get("x-kubernetes-list-type") or ""
        self.list_map_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys") or ())
        self.map_type: str = raw.get("x-kubernetes-map-type") or ""
        strategy: str = raw.get("x-kubernetes-patch-strategy") or ""
        self.patch_strategies: frozenset[str] = frozenset(strategy.split(",")) if strategy else frozenset()
        self.patch_merge_key: str = raw.get("x-kubernetes-patch-merge-key") or ""
        self.default: Any = raw.get("default")
        self.default_names = tuple(name for name, inner in self._properties.items() if "default" in inner)
        self.required: tuple[str, ...] = tuple(raw.get("required") or ())
        self.is_int_or_string = bool(raw.get("x-kubernetes-int-or-string") or raw.get("format") == "int-or-string")
        self.is_embedded_resource = bool(raw.get("x-kubernetes-embedded-resource"))
        self.nullable = bool(raw.get("nullable"))
        self.is_object_map = bool(raw.get("additionalProperties"))
        self.is_atomic_list = self.list_type not in ("map", "set")
        self.is_atomic_map = self.map_type == "atomic"
        self.has_keywords = not raw.keys().isdisjoint(KEYWORDS)
        self.preserves_unknown_fields = bool(raw.get("x-kubernetes-preserve-unknown-fields")) or self._holds_anything()

    def _holds_anything(self) -> bool:
        if self.structural or self._properties or self.is_object_map:
            return False
        return self.type == "object" or not (self.type or self.is_int_or_string or "oneOf" in self.raw)

    @property
    def field_names(self) -> Mapping[str, Any]:
        """The declared fields, as a mapping so that `name in node.field_names` is cheap."""
        return self._properties

    @property
    def has_default(self) -> bool:
        return "default" in self.raw

    def property(self, name: str) -> SchemaNode | None:
        """The node of a field or of a map's value; UNKNOWN where anything is allowed, None where nothing is."""
        try:
            return self._children[name]
        except KeyError:
            pass
        raw = self._properties.get(name)
        if raw is None:
            return self._undeclared(name)
        child = self._child(raw)
        if name == "metadata" and self.is_embedded_resource and self._object_meta is not None:
            child = self._object_meta
        self._children[name] = child
        return child

    def _undeclared(self, name: str) -> SchemaNode | None:
        if self.is_embedded_resource and name in ("apiVersion", "kind", "metadata"):
            return (self._object_meta or UNKNOWN) if name == "metadata" else _STRING
        if self.is_object_map:
            return self._additional_node()
        return UNKNOWN if self.preserves_unknown_fields else None

    def _additional_node(self) -> SchemaNode:
        if self._additional is None:
            raw = self.raw["additionalProperties"]
            self._additional = self._child(raw) if isinstance(raw, Mapping) else UNKNOWN
        return self._additional

    def item(self) -> SchemaNode | None:
        """The node of a list's items; UNKNOWN where anything is allowed, None for what is no list."""
        if self._item is None:
            raw = self.raw.get("items")
            if isinstance(raw, Mapping):
                self._item = self._child(raw)
            elif self.type == "array" or self.preserves_unknown_fields:
                return UNKNOWN
        return self._item

    def _child(self, raw: RawSchema) -> SchemaNode:
        if self._schemas is not None:
            return self._schemas.resolve(raw)
        return SchemaNode(raw, None, self.structural, self._object_meta)

    def __repr__(self) -> str:
        return f"SchemaNode({self.type or 'any'}, fields={sorted(self._properties)})"


class Schemas:
    """The component schemas of an OpenAPI v3 document by name; `#/components/schemas/NAME` refers to them."""

    def __init__(self, components: Mapping[str, RawSchema]) -> None:
        self._components = components
        self._nodes: dict[str, SchemaNode] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._components

    def node(self, name: str) -> SchemaNode:
        """The node of a component. Raises KeyError when there is none."""
        found = self._nodes.get(name)
        if found is None:
            found = self._nodes[name] = SchemaNode(self._flattened(self._components[name]), self, structural=False)
        return found

    def resolve(self, raw: RawSchema) -> SchemaNode:
        """The node of a schema of this document: the component's own node where it is a bare reference."""
        reference = raw.get("$ref")
        if isinstance(reference, str):
            name = _component_name(reference)
            return self.node(name) if name in self._components else UNKNOWN
        return SchemaNode(self._flattened(raw), self, structural=False)

    def _flattened(self, raw: RawSchema) -> RawSchema:
        """`allOf` with one reference, as generators write a reference that has siblings: the siblings win."""
        parts = raw.get("allOf")
        if not isinstance(parts, list) or len(parts) != 1 or "$ref" not in parts[0]:
            return raw
        siblings = {key: value for key, value in raw.items() if key != "allOf"}
        return {**self.resolve(parts[0]).raw, **siblings}

    @staticmethod
    def from_crd(open_api_v3_schema: RawSchema, object_meta: SchemaNode | None = None) -> SchemaNode:
        """The root node of a structural schema; apiVersion, kind and metadata are allowed whatever it says."""
        return SchemaNode(
            {**open_api_v3_schema, "x-kubernetes-embedded-resource": True},
            None,
            structural=True,
            object_meta=object_meta,
        )


def _component_name(reference: str) -> str:
    return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


UNKNOWN = SchemaNode({"x-kubernetes-preserve-unknown-fields": True, "nullable": True}, None, structural=True)
"""A place without a schema: what is found there tells its type; lists are atomic, maps are granular."""

_STRING = SchemaNode({"type": "string"}, None, structural=True)
