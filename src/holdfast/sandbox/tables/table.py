"""Builds Table answers (meta.k8s.io/v1) of objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.tables import cluster, custom, networking, pods, workloads
from holdfast.sandbox.tables.cells import Cells

_NAME_COLUMN: Final = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
_CREATED_COLUMN: Final = {"name": "Created At", "type": "date", "format": "", "description": "", "priority": 0}

CELLS: Final[Mapping[tuple[str, str], Cells]] = {
    **cluster.CELLS,
    **networking.CELLS,
    **pods.CELLS,
    **workloads.CELLS,
}


class Tables:
    """Shows objects as rows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def table(
        self,
        served: ServedType,
        objects: Sequence[KubeObject],
        metadata: Mapping[str, Any],
        include: str,
        *,
        columns: bool = True,
    ) -> bytes:
        """`include` says what each row carries of its object: None, Metadata or Object."""
        cells = CELLS.get((served.group, served.kind))
        if served.is_custom:
            cells = custom.cells(served.columns)
        definitions: Sequence[Mapping[str, Any]] = served.columns
        if cells is None or not definitions:
            cells, definitions = _name_and_creation, (_NAME_COLUMN, _CREATED_COLUMN)
        elif served.is_custom:
            definitions = [{key: value for key, value in each.items() if key != "jsonPath"} for each in definitions]
            definitions = (_NAME_COLUMN, *definitions)
        now = self._clock.now()
        rows = [{"cells": cells(obj, now), **_carried(obj, include)} for obj in objects]
        document: dict[str, Any] = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
        document["columnDefinitions"] = definitions if columns else None
        document["rows"] = rows
        return orjson.dumps(document)


def _carried(obj: KubeObject, include: str) -> dict[str, Any]:
    match include:
        case "None":
            return {}
        case "Object":
            return {"object": obj}
        case _:
            part = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
            return {"object": part}


def _name_and_creation(obj: KubeObject, _: Any) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]
