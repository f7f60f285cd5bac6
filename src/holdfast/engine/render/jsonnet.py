"""Jsonnet programs among the manifests of a folder.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/jsonnet/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, structs

from holdfast.engine.render import build_environment, paths
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderLimits
from holdfast.model.source_options import JsonnetOptions, JsonnetVar

_SUFFIX = ".jsonnet"


class Program(Struct, frozen=True):
    """`find` answers where an import of the file in a folder leads, and what stands there. It raises Blocked."""

    path: str
    text: str
    options: JsonnetOptions
    find: Callable[[str, str], tuple[str, bytes]]


Evaluate: TypeAlias = Callable[[Program], str]
"""Answers JSON; raises Blocked when the program is wrong."""


def is_program(name: str) -> bool:
    return name.endswith(_SUFFIX)


def substituted(options: JsonnetOptions, variables: Mapping[str, str]) -> JsonnetOptions:
    """The options with the build's variables put in."""

    def put_in(one: JsonnetVar) -> JsonnetVar:
        return structs.replace(one, value=build_environment.substitute(one.value, variables))

    return structs.replace(
        options, ext_vars=tuple(map(put_in, options.ext_vars)), tlas=tuple(map(put_in, options.tlas))
    )


def documents(
    tree: FileTree,
    path: str,
    folder: str,
    options: JsonnetOptions,
    limits: RenderLimits,
    evaluate: Evaluate | None,
) -> list[Document]:
    """What the program at `path` gives: one object, or a list of them."""
    if evaluate is None:
        raise Blocked("SourceUnsupported", f"{path}: Jsonnet cannot be evaluated here")
    text = tree.read(path).decode("utf-8", errors="replace")
    answer = evaluate(Program(path, text, options, _Imports(tree, folder, options.libs).find))
    if len(answer) > limits.output_bytes:
        raise Blocked("ManifestTooLarge", f"{path} gives {len(answer):,} bytes, {limits.output_bytes:,} are allowed")
    try:
        content: Any = msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Blocked("ManifestInvalid", f"{path}: {error}") from error
    if isinstance(content, list):
        return [Document(f"{path}, object {number}", one) for number, one in enumerate(content, start=1)]
    return [Document(path, content)]


class _Imports:
    """Looks beside the file that imports, in the folder of the source, then in `libs`, which start at the root."""

    def __init__(self, tree: FileTree, folder: str, libs: tuple[str, ...]) -> None:
        self._tree = tree
        self._places = (folder, *(paths.join("", lib) for lib in libs))

    def find(self, folder: str, wanted: str) -> tuple[str, bytes]:
        if wanted.startswith("/"):
            raise Blocked("PathEscapes", f"import of {wanted!r}: write a path inside the repository")
        # A path may lead out of one place and be right from the next.
        escapes: Blocked | None = None
        for place in dict.fromkeys((folder.rstrip("/"), *self._places)):
            try:
                resolved = paths.resolve(self._tree, paths.join(place, wanted))
            except Blocked as error:
                escapes = escapes or error
                continue
            if resolved is not None and not paths.is_directory(self._tree, resolved):
                return resolved, self._tree.read(resolved)
        raise escapes or Blocked(
            "PathNotFound", f"import of {wanted!r}: there is no such file in {folder or 'the root'} or libs"
        )
