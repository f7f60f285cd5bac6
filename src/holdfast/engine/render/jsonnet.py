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
from holdfast.model.filetree import EntryKind, FileTree
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
    imports: Imports, path: str, options: JsonnetOptions, limits: RenderLimits, evaluate: Evaluate | None
) -> list[Document]:
    """What the program at `path` gives: one object, or a list of them."""
    if evaluate is None:
        raise Blocked("SourceUnsupported", f"{path}: Jsonnet cannot be evaluated here")
    text = imports.tree.read(path).decode("utf-8", errors="replace")
    answer = evaluate(Program(path, text, options, imports.find))
    if len(answer) > limits.output_bytes:
        raise Blocked("ManifestTooLarge", f"{path} gives {len(answer):,} bytes, {limits.output_bytes:,} are allowed")
    try:
        content: Any = msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Blocked("ManifestInvalid", f"{path}: {error}") from error
    if isinstance(content, list):
        return [Document(f"{path}, object {number}", one) for number, one in enumerate(content, start=1)]
    return [Document(path, content)]


def found_at(tree: FileTree, path: str) -> str:
    """What a look for an import at `path` finds: equal when it leads to the same place with the same content."""
    try:
        resolved = paths.resolve(tree, path)
    except Blocked:
        return "out of the repository"
    entry = tree.entry(resolved) if resolved else None
    if entry is None or entry.kind is EntryKind.DIRECTORY:
        return "nothing"
    return f"{entry.hash} {resolved}"


class Imports:
    """Looks beside the file that imports, in the folder of the source, then in `libs`, which start at the root. `looked_at`
    are the paths at which it looked, those included where nothing was: whatever comes to stand there is found first."""

    def __init__(self, tree: FileTree, folder: str, libs: tuple[str, ...]) -> None:
        self.tree = tree
        self.looked_at: set[str] = set()
        self._places = (folder, *(paths.join("", lib) for lib in libs))

    def find(self, folder: str, wanted: str) -> tuple[str, bytes]:
        if wanted.startswith("/"):
            raise Blocked("PathEscapes", f"import of {wanted!r}: write a path inside the repository")
        # A path may lead out of one place and be right from the next.
        escapes: Blocked | None = None
        for place in dict.fromkeys((folder.rstrip("/"), *self._places)):
            try:
                path = paths.join(place, wanted)
                self._note(path)
                resolved = paths.resolve(self.tree, path)
            except Blocked as error:
                if error.reason != "PathEscapes":
                    raise
                escapes = escapes or error
                continue
            if resolved is not None and not paths.is_directory(self.tree, resolved):
                return resolved, self.tree.read(resolved)
        raise escapes or Blocked(
            "PathNotFound", f"import of {wanted!r}: there is no such file in {folder or 'the root'} or libs"
        )

    def _note(self, path: str) -> None:
        self.looked_at.add(path)
        if len(self.looked_at) > paths.MAX_FILES:
            raise Blocked("ManifestTooLarge", f"imports are looked for at more than {paths.MAX_FILES:,} paths")
