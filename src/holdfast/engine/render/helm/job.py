"""One render of a chart, fully decided: nothing in it depends on the application any more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang import globs
from holdfast.engine.render import build_environment, paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import remote
from holdfast.engine.render.helm.chart import Chart, Dependency, LocalChart
from holdfast.engine.render.helm.values import (
    NO_REFS,
    FileParameter,
    Parameter,
    RefFile,
    ValuesFile,
    ValueSources,
    read_mapping,
)
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import FetchedChart, RemoteFile, RenderRequest
from holdfast.model.source_options import HelmOptions

_RELEASE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_RELEASE_NAME: Final = 53
_GLOB: Final = frozenset("*?[")
_REFERENCE: Final = re.compile(r"\$([A-Za-z0-9_-]+)(/|$)")


class HelmJob(Struct, frozen=True, tag="helm"):
    """`fetched` holds those of the remote dependencies that are here."""

    chart: Chart
    release_name: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...]
    values: ValueSources
    local_dependencies: tuple[LocalChart, ...] = ()
    remote_dependencies: tuple[Dependency, ...] = ()
    fetched: tuple[FetchedChart, ...] = ()
    include_crds: bool = True
    include_tests: bool = True
    include_hooks: bool = True
    validate_schema: bool = True


def prepare(
    tree: FileTree,
    folder: str,
    options: HelmOptions | None,
    request: RenderRequest,
    variables: Mapping[str, str],
    refs: Mapping[str, FileTree] = NO_REFS,
) -> HelmJob:
    """`folder` is the resolved path of the chart. Raises Blocked."""
    given = options or HelmOptions()
    kube_version = given.kube_version or request.kube_version
    chart = charts.read(tree, folder)
    charts.check(chart, kube_version)
    missing = charts.missing_dependencies(tree, chart)
    elsewhere = tuple(wanted for wanted in missing if not wanted.is_local)
    needed = {(wanted.name, wanted.repository) for wanted in elsewhere}
    return HelmJob(
        chart=chart,
        release_name=checked_release_name(given.release_name or request.app_name),
        namespace=given.namespace or request.namespace,
        kube_version=kube_version,
        api_versions=given.api_versions or request.api_versions,
        values=_value_sources(_Places(tree, folder, refs, variables, request.remote_files), given),
        local_dependencies=charts.local_dependencies(tree, chart, missing),
        remote_dependencies=elsewhere,
        fetched=tuple(one for one in request.charts if (one.name, one.repository) in needed),
        include_crds=not given.skip_crds,
        include_tests=not given.skip_tests,
        validate_schema=not given.skip_schema_validation,
    )


class _Places(Struct, frozen=True):
    """Where files that a source names may stand: in its own tree, `folder` being that of the chart, or in a ref's."""

    tree: FileTree
    folder: str
    refs: Mapping[str, FileTree]
    variables: Mapping[str, str]
    remote_files: tuple[RemoteFile, ...]


class _Place(Struct, frozen=True):
    tree: FileTree
    ref: str
    path: str

    def file(self, resolved: str) -> str | RefFile:
        return RefFile(self.ref, resolved) if self.ref else resolved

    def __str__(self) -> str:
        return f"{self.path} at revision {self.tree.revision[:7]}" + (f" of source ${self.ref}" if self.ref else "")


def _value_sources(places: _Places, given: HelmOptions) -> ValueSources:
    files: list[ValuesFile] = []
    for wanted in given.value_files:
        files.extend(_value_files(places, wanted, given.ignore_missing_value_files))
    return ValueSources(
        files=tuple(files),
        inline=_inline(given),
        parameters=tuple(
            Parameter(one.name, build_environment.substitute(one.value, places.variables), one.force_string)
            for one in given.parameters
        ),
        file_parameters=tuple(
            FileParameter(one.name, _existing(places, one.path, "helm.fileParameters")) for one in given.file_parameters
        ),
    )


def _inline(given: HelmOptions) -> dict[str, Any]:
    if given.values_object:
        return given.values_object
    return read_mapping("helm.values", given.values)


def _value_files(places: _Places, wanted: str, ignore_missing: bool) -> list[ValuesFile]:
    place = _place(places, wanted, "values file")
    if isinstance(place, RemoteFile):
        return [place]
    resolved = paths.resolve(place.tree, place.path)
    if resolved is not None and not paths.is_directory(place.tree, resolved):
        return [place.file(resolved)]
    if is_glob(place.path):
        found = _matching(place.tree, place.path)
        if found:
            return [place.file(path) for path in found]
    if ignore_missing:
        return []
    raise Blocked(
        "ValuesFileMissing",
        f"values file {wanted!r} is missing: there is no file {place}. Add it, or set helm.ignoreMissingValueFiles",
    )


def is_glob(path: str) -> bool:
    return not _GLOB.isdisjoint(path)


def _matching(tree: FileTree, pattern: str) -> list[str]:
    """The files that a glob means, in the order of their names."""
    parts = pattern.split("/")
    fixed = next(at for at, part in enumerate(parts) if is_glob(part))
    root = paths.resolve(tree, "/".join(parts[:fixed]))
    if root is None or not paths.is_directory(tree, root):
        return []
    rest = "/".join(parts[fixed:])
    try:
        glob = globs.compile_glob(rest, "/")
    except globs.GlobError as error:
        raise Blocked("SourceUnsupported", f"values file {pattern!r}: {error}") from error
    return [file.path for file in paths.files_below(tree, root) if glob.matches(file.relative)]


def _existing(places: _Places, wanted: str, field: str) -> ValuesFile:
    place = _place(places, wanted, field)
    if isinstance(place, RemoteFile):
        return place
    resolved = paths.resolve(place.tree, place.path)
    if resolved is None or paths.is_directory(place.tree, resolved):
        raise Blocked("ValuesFileMissing", f"{field}: there is no file {place}")
    return place.file(resolved)


def _place(places: _Places, wanted: str, what: str) -> _Place | RemoteFile:
    """Raises Blocked when it leads out of its tree, or is none of the application's files."""
    reference = _REFERENCE.match(wanted)
    if reference and reference[1] in places.refs:
        rest = build_environment.substitute(wanted[reference.end() :], places.variables)
        return _Place(places.refs[reference[1]], reference[1], paths.join("", rest))
    if reference and reference[1] not in places.variables:
        raise Blocked(
            "SourceUnsupported",
            f"{what} {wanted!r} is of another source, and the application has none with ref {reference[1]}: "
            "add it to spec.sources, or put the file into this source's repository",
        )
    path = build_environment.substitute(wanted, places.variables)
    if remote.is_remote(path):
        return _fetched(places, path, what)
    return _Place(places.tree, "", paths.join(places.folder, path))


def _fetched(places: _Places, url: str, what: str) -> RemoteFile:
    for file in places.remote_files:
        if file.url == url:
            return file
    raise Blocked(
        "SourceUnsupported",
        f"{what} {remote.shown(url)} is remote and was not read here: commit the file to the repository",
    )


def checked_release_name(name: str) -> str:
    if len(name) > _MAX_RELEASE_NAME or not _RELEASE_NAME.fullmatch(name):
        raise Blocked(
            "ChartInvalid",
            f"release name {name!r} is not valid: at most {_MAX_RELEASE_NAME} lower-case letters, digits, - and . "
            "(set helm.releaseName)",
        )
    return name
