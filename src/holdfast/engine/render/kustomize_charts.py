"""Charts that kustomizations inflate: what `helmCharts`, `helmGlobals` and the older `helmChartInflationGenerator` say.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field

from holdfast.engine.render import paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import values
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.helm.values import ValueSources
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import FetchedChart

CHARTS: Final = "helmCharts"
GLOBALS: Final = "helmGlobals"
OLDER: Final = "helmChartInflationGenerator"
FIELDS: Final = (CHARTS, GLOBALS, OLDER)
MOST_CHARTS: Final = 100
_HOME: Final = "charts"
_FROM_CHART: Final = "internal.config.kubernetes.io/helm-generated"
_UNNAMED: Final = "release-name"  # what Helm calls a release that is only rendered
_OVERRIDE, _MERGE, _REPLACE = "override", "merge", "replace"
_CHANGING: Final = ("rand", "now", "date", "ago", "uuid", "gen", "shuffle", "htpasswd", "bcrypt", "encrypt", "env")


_T = TypeVar("_T", bound=Struct)


class _Chart(Struct, rename="camel", forbid_unknown_fields=True):
    name: str = ""
    version: str = ""
    repo: str = ""
    release_name: str = ""
    namespace: str = ""
    values_file: str = ""
    additional_values_files: list[str] = []
    values_inline: dict[str, Any] | None = None
    values_merge: str = ""
    include_crds: bool = field(default=False, name="includeCRDs")
    skip_hooks: bool = False
    skip_tests: bool = False
    api_versions: list[str] = []
    kube_version: str = ""
    name_template: str = ""
    debug: bool = False
    devel: bool = False


class _Globals(Struct, rename="camel", forbid_unknown_fields=True):
    chart_home: str = ""
    config_home: str = ""


class _Older(Struct, rename="camel", forbid_unknown_fields=True):
    """What kustomize reads of it, and what it takes and leaves alone."""

    chart_name: str = ""
    chart_version: str = ""
    chart_repo_url: str = ""
    chart_home: str = ""
    values: str = ""
    values_local: dict[str, Any] | None = None
    values_merge: str = ""
    release_name: str = ""
    chart_repo_name: Any = None
    helm_bin: Any = None
    helm_home: Any = None
    release_namespace: Any = None
    extra_args: Any = None


class Capabilities(Struct, frozen=True):
    """What charts are told of the cluster."""

    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class Wanted(Struct, frozen=True):
    """A chart as a kustomization names it. `local` is its folder in the repository, None when it is not there. `namespace` is
    that of the kustomization, or of the nearest one above it that has one."""

    kustomization: str
    folder: str
    namespace: str
    said: _Chart
    local: str | None

    @property
    def dependency(self) -> Dependency:
        """What is to be fetched."""
        return Dependency(self.said.name, self.said.version, self.said.repo)


class Inflation(Struct, frozen=True):
    """One chart, decided but for what stands in the chart itself. `path` is its folder in the repository, or in `location`
    when it was fetched. `file_values` None are those of the chart. `name_template` goes before `release_name`."""

    kustomization: str
    name: str
    path: str
    location: TreeLocation | None
    release_name: str
    name_template: str
    namespace: str
    capabilities: Capabilities
    file_values: dict[str, Any] | None
    inline_values: dict[str, Any]
    merge: str
    more_values: tuple[dict[str, Any], ...] = ()
    include_crds: bool = False
    include_hooks: bool = True
    include_tests: bool = True

    def wrong(self, blocked: Blocked) -> Blocked:
        return Blocked(blocked.reason, f"{self.kustomization}: chart {self.name}: {blocked.message}")


def names_charts(said: Mapping[str, Any]) -> str:
    """The field by which the kustomization inflates charts; "" when it does not."""
    return next((name for name in (CHARTS, OLDER) if said.get(name)), "")


def wanted(tree: FileTree, file: str, folder: str, said: Mapping[str, Any], namespace: str) -> list[Wanted]:
    """The charts of one kustomization, `said` being its fields in their exact spelling. Raises Blocked."""
    listed = [_read(file, CHARTS, one, _Chart) for one in _entries(file, said, CHARTS)]
    older = [_read(file, OLDER, one, _Older) for one in _entries(file, said, OLDER)]
    home = next((one.chart_home for one in reversed(older) if one.chart_home), "")
    if said.get(GLOBALS):
        home = _read(file, GLOBALS, said[GLOBALS], _Globals).chart_home
    listed += [_of_older(one) for one in older]
    if len(listed) > MOST_CHARTS:
        raise Blocked(
            "ManifestTooLarge", f"{file}: {len(listed)} charts are named, and at most {MOST_CHARTS} are inflated"
        )
    found = ((one, _place(tree, file, folder, home or _HOME, one)) for one in listed)
    return [Wanted(file, folder, namespace, one, local) for one, local in found]


def inflation(tree: FileTree, one: Wanted, capabilities: Capabilities, fetched: Sequence[FetchedChart]) -> Inflation:
    """Values files read, and the chart found in the repository or among the `fetched`. Raises Blocked."""
    said = one.said
    merge = said.values_merge or _OVERRIDE
    if merge not in (_OVERRIDE, _MERGE, _REPLACE):
        raise _wrong(one, f"valuesMerge {merge!r} is none of {_OVERRIDE}, {_MERGE} and {_REPLACE}")
    if said.name_template and said.release_name:
        raise _wrong(one, "releaseName and nameTemplate are there both: keep one of them")
    location = None
    if one.local is None:
        location = _fetched(one, fetched)
    return Inflation(
        kustomization=one.kustomization,
        name=said.name,
        path=one.local or "",
        location=location,
        release_name=said.release_name or _UNNAMED,
        name_template=_reproducible(one),
        namespace=said.namespace or one.namespace,
        capabilities=Capabilities(
            said.kube_version or capabilities.kube_version, tuple(said.api_versions) or capabilities.api_versions
        ),
        file_values=_values_file(tree, one, said.values_file) if said.values_file else None,
        inline_values=said.values_inline or {},
        merge=merge,
        more_values=tuple(_values_file(tree, one, file) for file in said.additional_values_files),
        include_crds=said.include_crds,
        include_hooks=not said.skip_hooks,
        include_tests=not said.skip_tests,
    )


def helm_job(tree: FileTree, one: Inflation) -> HelmJob:
    """The render of the chart, `tree` being where it stands. Raises Blocked."""
    chart = charts.read(tree, one.path)
    charts.check(chart, one.capabilities.kube_version)
    missing = charts.missing_dependencies(tree, chart)
    if missing:
        raise charts.dependency_missing(chart, missing[0])
    return HelmJob(
        chart=chart,
        release_name=one.release_name,
        namespace=one.namespace,
        kube_version=one.capabilities.kube_version,
        api_versions=one.capabilities.api_versions,
        values=ValueSources(inline=_composed(_own_values(tree, one), one)),
        include_crds=one.include_crds,
        include_tests=one.include_tests,
        include_hooks=one.include_hooks,
    )


def marked(obj: KubeObject) -> KubeObject:
    """As kustomize marks what a chart gave: its namespaces are the chart's matter."""
    metadata = obj.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), _FROM_CHART: "true"}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}


def unmarked(obj: KubeObject) -> KubeObject:
    """Versions of kustomize that do not know the mark leave it there."""
    metadata = obj.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if _FROM_CHART not in annotations:
        return obj
    left = {key: value for key, value in annotations.items() if key != _FROM_CHART}
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**obj, "metadata": {**kept, "annotations": left} if left else kept}


def without_charts(said: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """The kustomization with `files`, which hold what the charts gave, in the place of the charts."""
    kept = {key: value for key, value in said.items() if key not in FIELDS}
    return {**kept, "resources": [*(said.get("resources") or []), *files]}


def _place(tree: FileTree, file: str, folder: str, home: str, said: _Chart) -> str | None:
    if not said.name:
        raise Blocked("KustomizeFailed", f"{file}: {CHARTS}: a chart has no name")
    if home.startswith("/"):
        raise Blocked("PathEscapes", f"{file}: chartHome {home!r} leads out of the repository: use a relative path")
    versioned = f"{said.name}-{said.version}/" if said.version and said.repo else ""
    path = paths.join(folder, f"{home}/{versioned}{said.name}")
    resolved = paths.resolve(tree, path)
    if resolved is not None and paths.is_directory(tree, resolved):
        return resolved
    if not said.repo:
        raise Blocked("KustomizeFailed", f"{file}: chart {said.name}: there is none at {path}, and no repo is named")
    return None


def _fetched(one: Wanted, fetched: Sequence[FetchedChart]) -> TreeLocation:
    key = (one.said.name, one.said.repo, one.said.version)
    for chart in fetched:
        if (chart.name, chart.repository, chart.version) == key:
            return chart.location
    because = charts.objection(one.said.repo) or "it was not fetched"
    raise Blocked(
        "DependencyMissing",
        f"{one.kustomization}: chart {one.said.name} {one.said.version} of {one.said.repo} is not here ({because}): "
        "register its repository, or commit the chart below chartHome",
    )


def _reproducible(one: Wanted) -> str:
    """A name that is another one each time would replace everything at each look."""
    template = one.said.name_template
    if "{{" in template and any(word in template for word in _CHANGING):
        raise _wrong(one, "nameTemplate gives another name each time: write the name out")
    return template


def _values_file(tree: FileTree, one: Wanted, file: str) -> dict[str, Any]:
    if file.startswith("/") or "://" in file:
        raise Blocked(
            "PathEscapes", f"{one.kustomization}: {file[:200]!r} is no file of the repository: use a relative path"
        )
    path = paths.join(one.folder, file)
    content = paths.read_file(tree, path)
    if content is None:
        raise Blocked("ValuesFileMissing", f"{one.kustomization}: chart {one.said.name}: there is no file {path}")
    return values.read_mapping(path, content)


def _own_values(tree: FileTree, one: Inflation) -> dict[str, Any]:
    if one.file_values is not None:
        return one.file_values
    file = paths.join(one.path, "values.yaml")
    return values.read_mapping(file, paths.read_file(tree, file) or b"")


def _composed(own: dict[str, Any], one: Inflation) -> dict[str, Any]:
    if not one.inline_values:
        given = own
    elif one.merge == _REPLACE:
        given = one.inline_values
    elif one.merge == _MERGE:
        given = _patched(one.inline_values, own)
    else:
        given = _patched(own, one.inline_values)
    for more in one.more_values:
        given = values.merged(given, more)
    return given


def _patched(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Mappings merge; null takes a field away here already, so that a default of the chart shows again."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _patched(known if isinstance(known, dict) else {}, value)
        else:
            result[key] = value
    return result


def _of_older(said: _Older) -> _Chart:
    return _Chart(
        name=said.chart_name,
        version=said.chart_version,
        repo=said.chart_repo_url,
        values_file=said.values,
        values_inline=said.values_local,
        values_merge=said.values_merge,
        release_name=said.release_name,
    )


def _entries(file: str, said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name) or []
    if not isinstance(found, list):
        raise Blocked("KustomizeFailed", f"{file}: {name}: a list is expected")
    return found


def _read(file: str, name: str, content: Any, shape: type[_T]) -> _T:
    """kustomize reads names of fields in any case, refuses unknown ones, and takes null for nothing."""
    if not isinstance(content, Mapping):
        raise Blocked("KustomizeFailed", f"{file}: {name}: a mapping is expected")
    known = {one.encode_name.lower(): one.encode_name for one in msgspec.structs.fields(shape)}
    exact = {known.get(key.lower(), key): value for key, value in content.items() if value is not None}
    try:
        return msgspec.convert(exact, shape)
    except msgspec.ValidationError as error:
        raise Blocked("KustomizeFailed", f"{file}: {name}: {error}") from error


def _wrong(one: Wanted, what: str) -> Blocked:
    return Blocked("KustomizeFailed", f"{one.kustomization}: chart {one.said.name}: {what}")
