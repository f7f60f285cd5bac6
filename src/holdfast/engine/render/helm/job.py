"""One render of a chart, fully decided: nothing in it depends on the application any more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang import globs
from holdfast.engine.render import build_environment, paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm.chart import Chart, Dependency, LocalChart
from holdfast.engine.render.helm.values import FileParameter, Parameter, ValueSources, read_mapping
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import HelmOptions

_RELEASE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_RELEASE_NAME: Final = 53
_REMOTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GLOB: Final = frozenset("*?[")
_REFERENCE: Final = re.compile(r"\$([A-Za-z0-9_-]+)(/|$)")


class HelmJob(Struct, frozen=True, tag="helm"):
    chart: Chart
    release_name: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...]
    values: ValueSources
    local_dependencies: tuple[LocalChart, ...] = ()
    remote_dependencies: tuple[Dependency, ...] = ()
    include_crds: bool = True
    include_tests: bool = True
    validate_schema: bool = True


def prepare(
    tree: FileTree, folder: str, options: HelmOptions | None, request: RenderRequest, variables: Mapping[str, str]
) -> HelmJob:
    """`folder` is the resolved path of the chart. Raises Blocked."""
    given = options or HelmOptions()
    kube_version = given.kube_version or request.kube_version
    chart = charts.read(tree, folder)
    charts.check(chart, kube_version)
    missing = charts.missing_dependencies(tree, chart)
    return HelmJob(
        chart=chart,
        release_name=_release_name(given.release_name or request.app_name),
        namespace=given.namespace or request.namespace,
        kube_version=kube_version,
        api_versions=given.api_versions or request.api_versions,
        values=_value_sources(tree, folder, given, variables),
        local_dependencies=charts.local_dependencies(tree, chart, missing),
        remote_dependencies=tuple(wanted for wanted in missing if not wanted.is_local),
        include_crds=not given.skip_crds,
        include_tests=not given.skip_tests,
        validate_schema=not given.skip_schema_validation,
    )


def _value_sources(tree: FileTree, folder: str, given: HelmOptions, variables: Mapping[str, str]) -> ValueSources:
    files: list[str] = []
    for wanted in given.value_files:
        files.extend(_value_files(tree, folder, wanted, variables, given.ignore_missing_value_files))
    return ValueSources(
        files=tuple(files),
        inline=_inline(given),
        parameters=tuple(
            Parameter(one.name, build_environment.substitute(one.value, variables), one.force_string)
            for one in given.parameters
        ),
        file_parameters=tuple(
            FileParameter(one.name, _existing(tree, folder, one.path, variables, "helm.fileParameters"))
            for one in given.file_parameters
        ),
    )


def _inline(given: HelmOptions) -> dict[str, Any]:
    if given.values_object:
        return given.values_object
    return read_mapping("helm.values", given.values)


def _value_files(
    tree: FileTree, folder: str, wanted: str, variables: Mapping[str, str], ignore_missing: bool
) -> list[str]:
    path = _local_path(folder, wanted, variables, "values file")
    resolved = paths.resolve(tree, path)
    if resolved is not None and not paths.is_directory(tree, resolved):
        return [resolved]
    if is_glob(path):
        found = _matching(tree, path)
        if found:
            return found
    if ignore_missing:
        return []
    raise Blocked(
        "ValuesFileMissing",
        f"values file {wanted!r} is missing: there is no file {path} at revision {tree.revision[:7]}. "
        "Add it, or set helm.ignoreMissingValueFiles",
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


def _existing(tree: FileTree, folder: str, wanted: str, variables: Mapping[str, str], field: str) -> str:
    path = _local_path(folder, wanted, variables, field)
    resolved = paths.resolve(tree, path)
    if resolved is None or paths.is_directory(tree, resolved):
        raise Blocked("ValuesFileMissing", f"{field}: there is no file {path} at revision {tree.revision[:7]}")
    return resolved


def _local_path(folder: str, wanted: str, variables: Mapping[str, str], what: str) -> str:
    reference = _REFERENCE.match(wanted)
    if reference and reference[1] not in variables:
        raise Blocked(
            "SourceUnsupported",
            f"{what} {wanted!r} is of another source (${reference[1]}): put the file into this source's repository",
        )
    path = build_environment.substitute(wanted, variables)
    if _REMOTE.match(path):
        raise Blocked(
            "SourceUnsupported",
            f"{what} {path!r} is remote: values are read from the source's repository only. Commit the file there",
        )
    return paths.join(folder, path)


def _release_name(name: str) -> str:
    if len(name) > _MAX_RELEASE_NAME or not _RELEASE_NAME.fullmatch(name):
        raise Blocked(
            "ChartInvalid",
            f"release name {name!r} is not valid: at most {_MAX_RELEASE_NAME} lower-case letters, digits, - and . "
            "(set helm.releaseName)",
        )
    return name
