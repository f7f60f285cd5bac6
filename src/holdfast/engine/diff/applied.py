"""Tells without the server that an apply would change nothing: all that it says is in force and held by us, and no more.

Where that is not certain the answer is False, and the server has to be asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from holdfast.engine.diff import atomic_defaults
from holdfast.engine.diff.atomic_defaults import Fill
from holdfast.engine.kube import canonical
from holdfast.model.kube import KubeObject, group_kind_of, metadata_of

# What says which object is meant belongs to nobody.
NAMING = ("apiVersion", "kind")
NAMING_METADATA = ("name", "namespace")
_ABSENT = object()


def is_applied(desired: KubeObject, live: KubeObject, manager: str) -> bool:
    """Source of the rules: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management"""
    held = _held(desired, live, manager)
    if held is None:
        return False
    said = {name: value for name, value in desired.items() if name not in NAMING}
    metadata = said.get("metadata")
    if isinstance(metadata, dict):
        own = {name: value for name, value in metadata.items() if name not in NAMING_METADATA}
        said = {**said, "metadata": own} if own else {name: said[name] for name in said if name != "metadata"}
    return _stands(said, live, held, atomic_defaults.of(group_kind_of(desired)))


def _held(desired: KubeObject, live: KubeObject, manager: str) -> Mapping[str, Any] | None:
    """What the manager has applied, in the same version of the kind."""
    for entry in metadata_of(live).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            fields = entry.get("fieldsV1")
            same_version = entry.get("apiVersion") == desired.get("apiVersion")
            return fields if same_version and isinstance(fields, dict) else None
    return None


def _stands(said: Any, live: Any, held: Mapping[str, Any], defaults: Mapping[str, Fill], field: str = "") -> bool:
    if said is None:
        return False
    if not any(name != "." for name in held):
        return canonical.equal(said, live) or (field in defaults and canonical.equal(defaults[field](said), live))
    if isinstance(said, dict):
        return _map_stands(said, live, held, defaults)
    return isinstance(said, list) and isinstance(live, list) and _list_stands(said, live, held, defaults)


def _map_stands(said: dict[str, Any], live: Any, held: Mapping[str, Any], defaults: Mapping[str, Fill]) -> bool:
    if not isinstance(live, dict) or {f"f:{name}" for name in said} != {name for name in held if name != "."}:
        return False
    return all(
        _stands(value, live.get(name, _ABSENT), held[f"f:{name}"], defaults, name) for name, value in said.items()
    )


def _list_stands(said: list[Any], live: list[Any], held: Mapping[str, Any], defaults: Mapping[str, Fill]) -> bool:
    """The items that are said stand in the order in which they are said, whatever others have put between them."""
    elements = {name: json.loads(name[2:]) for name in held if name.startswith(("k:", "v:"))}
    if len(elements) != len(said) or any(name not in elements for name in held if name != "."):
        return False
    last = -1
    for item in said:
        matching = [name for name, element in elements.items() if _means(name, element, item)]
        if len(matching) != 1:
            return False
        element = elements.pop(matching[0])
        places = [at for at, other in enumerate(live) if _is(matching[0], element, other)]
        if len(places) != 1 or places[0] <= last:
            return False
        last = places[0]
        if not _stands(item, live[last], held[matching[0]], defaults):
            return False
    return True


def _means(name: str, element: Any, item: Any) -> bool:
    """Whether an item as it is said may be this element; keys that it leaves out have their defaults there."""
    if name.startswith("v:"):
        return canonical.equal(element, item)
    return isinstance(item, dict) and all(
        canonical.equal(item[key], value) for key, value in element.items() if key in item
    )


def _is(name: str, element: Any, item: Any) -> bool:
    if name.startswith("v:"):
        return canonical.equal(element, item)
    return isinstance(item, dict) and all(canonical.equal(item.get(key), value) for key, value in element.items())
