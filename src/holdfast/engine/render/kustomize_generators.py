"""The generators of a kustomization that inflate charts: they stand in files that it names, in itself, or in
folders whose kustomizations put them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import kustomize_chart_fields as fields
from holdfast.engine.render import paths
from holdfast.engine.render.detect import kustomization_file
from holdfast.engine.render.kustomize_chart_fields import Charts
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree

_LIMITS: Final = yaml_documents.YamlLimits(bytes=4 * 1024**2, nodes=200_000)
_LIST: Final = "generators"
_GATHERING: Final = ("resources", "bases", "components")

SaidIn: TypeAlias = Callable[[str], Mapping[str, Any]]
"""The fields of the kustomization in a file."""


def is_inline(entry: str) -> bool:
    """Whether it is a document itself instead of a path."""
    return "\n" in entry


def documents(file: str, text: str | bytes) -> list[Any]:
    """Raises Blocked when it cannot be read."""
    try:
        return list(yaml_documents.load_all(text, _LIMITS))
    except yaml_documents.YamlInvalid as error:
        raise Blocked("KustomizeFailed", f"{file}: {error}") from error


def charts(file: str, found: Iterable[Any]) -> list[Charts]:
    """Those of the documents of one entry that inflate charts. Raises Blocked."""
    return [fields.of_generator(file, one) for one in found if fields.is_generator(one)]


def without_charts(tree: FileTree, folder: str, said: Mapping[str, Any], said_in: SaidIn) -> Mapping[str, Any]:
    """The kustomization in `folder` without the generators that inflate charts; what stands beside one in its file, or is
    put together with it by a kustomization in a folder, is written into the kustomization. `said_in` reads others."""
    listed = said.get(_LIST)
    if not isinstance(listed, list):
        return said
    return {**said, _LIST: [left for entry in listed for left in _left(tree, folder, entry, said_in)]}


def _left(tree: FileTree, folder: str, entry: Any, said_in: SaidIn) -> Iterator[Any]:
    found = list(_gathered(tree, folder, entry, said_in, set())) if isinstance(entry, str) else []
    if not any(map(fields.is_generator, found)):
        yield entry
        return
    yield from (yaml_documents.dump(one) for one in found if one is not None and not fields.is_generator(one))


def _gathered(tree: FileTree, folder: str, entry: str, said_in: SaidIn, seen: set[str]) -> Iterator[Any]:
    """The documents of an entry: its own, those of its file, or those that the kustomization in its folder gathers."""
    if is_inline(entry):
        yield from documents(folder, entry)
        return
    path = paths.join(folder, entry)
    content = paths.read_file(tree, path)
    if content is not None:
        yield from documents(path, content)
        return
    name = kustomization_file(tree, path)
    if name is None or path in seen:
        return
    seen.add(path)
    said = said_in(paths.join(path, name))
    for field in _GATHERING:
        for one in said.get(field) or []:
            yield from _gathered(tree, path, str(one), said_in, seen)
