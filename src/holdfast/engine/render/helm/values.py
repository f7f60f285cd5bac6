"""The values of a release: files in order, then values of the source, then parameters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render.helm import remote, strvals
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RemoteFile

NO_REFS: Final[Mapping[str, FileTree]] = MappingProxyType({})
_LIMITS: Final = yaml_documents.YamlLimits(bytes=16 * 1024**2, nodes=500_000)


class Parameter(Struct, frozen=True):
    """`--set name=value`, or `--set-string` with `is_text`."""

    name: str
    value: str
    is_text: bool = False


class RefFile(Struct, frozen=True):
    """A file of another source: its `ref`, and the resolved path there."""

    ref: str
    path: str


ValuesFile: TypeAlias = str | RefFile | RemoteFile


class FileParameter(Struct, frozen=True):
    """`--set-file name=path`; `path` is resolved."""

    name: str
    path: ValuesFile


class ValueSources(Struct, frozen=True):
    """All that makes up the values, variables put in and paths resolved, from weakest to strongest."""

    files: tuple[ValuesFile, ...] = ()
    inline: dict[str, Any] = {}
    parameters: tuple[Parameter, ...] = ()
    file_parameters: tuple[FileParameter, ...] = ()


def compose(tree: FileTree, sources: ValueSources, refs: Mapping[str, FileTree] = NO_REFS) -> dict[str, Any]:
    """What Helm gets as the user's values: mappings merge, null takes a default of the chart away."""
    values: dict[str, Any] = {}
    for file in sources.files:
        values = merged(values, read_mapping(shown(file), read(tree, refs, file)))
    # Written out and read again: mappings that YAML aliases share must not change together.
    values = msgspec.json.decode(msgspec.json.encode(merged(values, sources.inline)))
    # Helm takes --set before --set-string before --set-file, in whatever order they are given.
    for parameter in sorted(sources.parameters, key=lambda one: one.is_text):
        typed = str if parameter.is_text else strvals.typed
        _set(values, parameter.name, f"{parameter.name}={_escaped(parameter.value)}", typed)
    for given in sources.file_parameters:
        content = read(tree, refs, given.path).decode("utf-8", errors="replace")
        _set(values, given.name, f"{given.name}=file", lambda _, content=content: content)
    return values


def read(tree: FileTree, refs: Mapping[str, FileTree], file: ValuesFile) -> bytes:
    match file:
        case RemoteFile():
            return file.content
        case RefFile():
            return refs[file.ref].read(file.path)
        case _:
            return tree.read(file)


def shown(file: ValuesFile) -> str:
    match file:
        case RemoteFile():
            return remote.shown(file.url)
        case RefFile():
            return f"${file.ref}/{file.path}"
        case _:
            return file


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Mappings merge, everything else is replaced; null is kept, since it takes defaults away later."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def read_mapping(origin: str, content: str | bytes) -> dict[str, Any]:
    """Values as YAML; an empty text is no value at all."""
    try:
        values = yaml_documents.load_one(content, _LIMITS)
    except yaml_documents.YamlTooLarge as error:
        raise Blocked("ManifestTooLarge", f"{origin}: {error}") from error
    except yaml_documents.YamlInvalid as error:
        place = f"{origin}:{error.line}" if error.line else origin
        raise Blocked("ChartInvalid", f"{place}: {error.problem}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise Blocked("ChartInvalid", f"{origin}: values must be a mapping")
    return values


def _set(values: dict[str, Any], name: str, expression: str, read: Any) -> None:
    try:
        strvals.parse_into(values, expression, read)
    except strvals.StrvalsError as error:
        raise Blocked("ChartInvalid", f"helm parameter {name}: {error}") from error


def _escaped(value: str) -> str:
    """Argo CD takes a comma for part of the value, unless the value is a list in braces or escapes it itself."""
    if value.startswith("{") and value.endswith("}"):
        return value
    return "".join(
        f"\\{char}" if char == "," and (at == 0 or value[at - 1] != "\\") else char for at, char in enumerate(value)
    )
