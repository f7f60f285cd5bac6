"""The objects of the files that a command is given, each with the place it came from, and the argocd-cm beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from msgspec import Struct

from holdfast.cli.files import read_text
from holdfast.model.customizations import Customizations
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, group_of, kind_of, name_of, namespace_of

SETTINGS = "argocd-cm"

FilesOption = typer.Option(
    ..., "--filename", "-f", help="File of YAML or JSON, several documents each; - reads the input."
)
ConfigOption = typer.Option("", "--config", help="File of the ConfigMap argocd-cm, for its scripts.")


class Located(Struct, frozen=True):
    """`place` is like "app.yaml#2", and "app.yaml#2.3" for the third item of a List."""

    place: str
    obj: KubeObject

    @property
    def identity(self) -> dict[str, Any]:
        obj = self.obj
        return {
            "group": group_of(obj),
            "kind": kind_of(obj),
            "namespace": namespace_of(obj),
            "name": name_of(obj),
        }


def read_objects(files: list[str]) -> list[Located]:
    """Raises Blocked that names every file and document in which something is wrong."""
    found: list[Located] = []
    problems: list[str] = []
    for file in files:
        for place, document in _documents(file):
            if problem := _problem(document):
                problems.append(f"{place}: {problem}")
            else:
                found.append(Located(place, document))
    if problems:
        raise Blocked("NotAnObject", "\n".join(problems))
    return found


def read_customizations(file: str) -> Customizations:
    """None are said without a file. Raises Blocked that names the file and the key."""
    from holdfast.engine.health.customizations import parse

    if not file:
        return Customizations()
    maps = [located.obj for located in read_objects([file]) if kind_of(located.obj) == "ConfigMap"]
    chosen = next((item for item in maps if name_of(item) == SETTINGS), None) or (maps[0] if len(maps) == 1 else None)
    if chosen is None:
        raise Blocked("SettingsMissing", f"{file}: holds no ConfigMap {SETTINGS}")
    data = chosen.get("data") or {}
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise Blocked("SettingsInvalid", f"{file}: the data of a ConfigMap is a mapping of texts")
    try:
        return parse(data)
    except Blocked as error:
        raise Blocked(error.reason, f"{file}: {error.message}") from error


def _documents(file: str) -> Iterator[tuple[str, Any]]:
    """Empty documents count but do not come; a List comes as its items."""
    from holdfast.engine.lang.yaml_documents import YamlInvalid, load_all

    try:
        documents = load_all(read_text(file))
    except YamlInvalid as error:
        raise Blocked("YamlInvalid", f"{file}: invalid YAML: {error}") from error
    for number, document in enumerate(documents, start=1):
        if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
            for item_number, item in enumerate(document["items"], start=1):
                yield f"{file}#{number}.{item_number}", item
        elif document is not None:
            yield f"{file}#{number}", document


def _problem(document: Any) -> str:
    if not isinstance(document, dict):
        return "is no object"
    for field in ("apiVersion", "kind"):
        if not isinstance(document.get(field), str) or not document[field]:
            return f"has no {field}"
    return "" if isinstance(document.get("metadata", {}), dict) else "metadata is no mapping"
