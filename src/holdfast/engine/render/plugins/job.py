"""What a plugin is asked, and what of a repository its answer may depend on.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.lang import globs
from holdfast.engine.render import build_environment, paths
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import Entry, EntryKind, FileTree
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import PluginOptions, PluginParameter

_REVISION: Final = ("ARGOCD_APP_REVISION", "ARGOCD_APP_REVISION_SHORT", "ARGOCD_APP_REVISION_SHORT_8")
_NO_NAME: Final = re.compile(r"[^A-Z0-9_]")
_GLOB_SIGNS: Final = frozenset("*?[")


class PluginJob(Struct, frozen=True, tag="plugin"):
    """`name` "" leaves the choice to the plugins. `environment` lacks the variables that only tell the revision, so that
    a commit which changes nothing that is read makes no other job. `reads` are paths from the root; empty: all."""

    path: str
    name: str
    environment: tuple[tuple[str, str], ...]
    reads: tuple[str, ...] = ()
    only_those: bool = False
    excluded: tuple[str, ...] = ()


def prepare(folder: str, source: ApplicationSource, request: RenderRequest) -> PluginJob:
    """`folder` is where the source's path leads. The plugin that was found goes before no name."""
    options = source.plugin or PluginOptions()
    known = build_environment.variables(request, source)
    given = {**known, **_given(options, known)}
    files = request.plugin_files
    return PluginJob(
        folder,
        options.name or request.plugin or "",
        tuple(sorted((name, value) for name, value in given.items() if name not in _REVISION)),
        tuple(dict.fromkeys((folder, *files.reads))) if files.reads else (),
        files.only_those,
        files.excluded,
    )


def environment(job: PluginJob, revision: str) -> dict[str, str]:
    """All variables by name; `revision` is the full commit id."""
    return {**dict(job.environment), **dict(zip(_REVISION, (revision, revision[:7], revision[:8]), strict=True))}


def is_automatic(source: ApplicationSource) -> bool:
    """The source says neither a tool nor the name of a plugin: plugins are asked whether they take it."""
    if source.plugin is not None:
        return not source.plugin.name
    return not (source.chart or source.helm or source.kustomize or source.directory)


def not_as_before() -> Blocked:
    """A source that a plugin rendered is never taken for something else because a sidecar is away."""
    return Blocked(
        "PluginNotFound",
        "a plugin rendered the source, and none takes it now: see whether the plugin's sidecar runs, or say in spec.source "
        "what the source is, such as directory: {}",
    )


def contents(tree: FileTree, job: PluginJob) -> Iterator[tuple[str, str]]:
    """What the answer of the plugin depends on, each with the hash of its content."""
    for path in job.reads or ("",):
        if _GLOB_SIGNS & set(path):
            yield from ((file, entry.hash) for file, entry in _walk(tree, "") if fits(path, file))
        else:
            there = tree.entry(path)
            yield path, there.hash if there else "nothing" if path else tree.revision


def discovery_key(tree: FileTree, job: PluginJob) -> str:
    """Equal when plugins would say the same about whether they take the source: they look at its folder."""
    entry = tree.entry(job.path)
    said = (job.path, entry.hash if entry else tree.revision, job.environment, job.excluded)
    return "discovery\n" + hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def files(tree: FileTree, job: PluginJob) -> Iterator[tuple[str, Entry]]:
    """The files and symlinks that the plugin is given, by their paths from the root. Raises Blocked for a symlink that
    leads out of the repository, and for more than a plugin is given."""
    count = size = 0
    for path, entry in _walk(tree, ""):
        if any(_is_excluded(path, pattern) for pattern in job.excluded):
            continue
        if job.only_those and job.reads and not any(_is_in(path, wanted) for wanted in job.reads):
            continue
        if entry.kind is EntryKind.SYMLINK:
            paths.resolve(tree, path)
        count, size = count + 1, size + entry.size
        if count > paths.MAX_FILES or size > paths.MAX_BYTES:
            raise Blocked(
                "ManifestTooLarge",
                f"a plugin is given at most {paths.MAX_FILES:,} files and {paths.MAX_BYTES // 1024**2} MiB: leave files out "
                "with reposerver.plugin.tar.exclusions, or name those that it reads with manifest-generate-paths and "
                "reposerver.plugin.use.manifest.generate.paths",
            )
        yield path, entry


def _walk(tree: FileTree, folder: str) -> Iterator[tuple[str, Entry]]:
    for entry in tree.children(folder):
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name == ".git":
            continue
        if entry.kind is EntryKind.DIRECTORY:
            yield from _walk(tree, path)
        else:
            yield path, entry


def _is_excluded(path: str, pattern: str) -> bool:
    """Of the file itself, or of a folder that it is in."""
    parts = path.split("/")
    return any(fits(pattern, "/".join(parts[:count])) for count in range(1, len(parts) + 1))


def _is_in(path: str, wanted: str) -> bool:
    return not wanted or path == wanted or path.startswith(f"{wanted}/") or fits(wanted, path)


def fits(pattern: str, path: str) -> bool:
    """`**/` stands for any number of folders, also for none."""
    try:
        return globs.matches(pattern.removeprefix("./").replace("**/", "{,**/}"), path, "/")
    except globs.GlobError:
        return False


def _given(options: PluginOptions, known: Mapping[str, str]) -> dict[str, str]:
    """The variables of the application's own: each entry of `env` behind a prefix, and the parameters twice."""
    named = {f"ARGOCD_ENV_{entry.name}": build_environment.substitute(entry.value, known) for entry in options.env}
    parameters = [_as_written(parameter) for parameter in options.parameters]
    shown = msgspec.json.encode(parameters).decode()
    return {**named, "ARGOCD_APP_PARAMETERS": shown, **dict(_flat(options.parameters))}


def _as_written(parameter: PluginParameter) -> dict[str, Any]:
    values = {"string": parameter.string, "map": parameter.map, "array": parameter.array}
    return {"name": parameter.name, **{kind: value for kind, value in values.items() if value is not None}}


def _flat(parameters: Iterable[PluginParameter]) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        name = f"PARAM_{_escaped(parameter.name)}"
        if parameter.string is not None:
            yield name, parameter.string
        for key, value in (parameter.map or {}).items():
            yield f"{name}_{_escaped(key)}", value
        for number, value in enumerate(parameter.array or ()):
            yield f"{name}_{number}", value


def _escaped(name: str) -> str:
    return _NO_NAME.sub("_", name.upper())
