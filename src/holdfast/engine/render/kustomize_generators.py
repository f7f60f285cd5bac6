"""The generators of a kustomization that inflate charts: they stand in files that it names, or in itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import kustomize_chart_fields as fields
from holdfast.engine.render import paths
from holdfast.engine.render.kustomize_chart_fields import Charts
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree

_LIMITS: Final = yaml_documents.YamlLimits(bytes=4 * 1024**2, nodes=200_000)
_LIST: Final = "generators"


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


def without_charts(tree: FileTree, folder: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The kustomization in `folder` without the generators that inflate charts; what stands beside one in its file is
    written into the kustomization."""
    listed = said.get(_LIST)
    if not isinstance(listed, list):
        return said
    return {**said, _LIST: [left for entry in listed for left in _left(tree, folder, entry)]}


def _left(tree: FileTree, folder: str, entry: Any) -> Iterator[Any]:
    text = _text(tree, folder, entry) if isinstance(entry, str) else None
    found = documents(folder, text) if text is not None else []
    if not any(map(fields.is_generator, found)):
        yield entry
        return
    yield from (yaml_documents.dump(one) for one in found if one is not None and not fields.is_generator(one))


def _text(tree: FileTree, folder: str, entry: str) -> str | bytes | None:
    """None for a folder."""
    return entry if is_inline(entry) else paths.read_file(tree, paths.join(folder, entry))
