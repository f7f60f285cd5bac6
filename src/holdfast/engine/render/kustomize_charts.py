"""Charts that kustomizations inflate: where each stands, with which values, and what becomes of the kustomization.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/helmcharts/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.render import kustomize_chart_fields, kustomize_generators, paths
from holdfast.engine.render import kustomize_chart_values as chart_values
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import values
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.helm.values import ValueSources
from holdfast.engine.render.kustomize_chart_fields import Chart, Charts
from holdfast.engine.render.kustomize_generators import SaidIn
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import FetchedChart

MOST_CHARTS: Final = 100
_HOME: Final = "charts"
_FROM_CHART: Final = "internal.config.kubernetes.io/helm-generated"
_UNNAMED: Final = "release-name"  # what Helm calls a release that is only rendered
_CHANGING: Final = ("rand", "now", "date", "ago", "uuid", "gen", "shuffle", "htpasswd", "bcrypt", "encrypt", "env")


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
    said: Chart
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


def check_count(file: str, count: int) -> None:
    """Raises Blocked."""
    if count > MOST_CHARTS:
        raise Blocked("ManifestTooLarge", f"{file}: {count} charts are named, and at most {MOST_CHARTS} are inflated")


def wanted(tree: FileTree, file: str, folder: str, named: Charts, namespace: str) -> list[Wanted]:
    """The charts that one kustomization names. Raises Blocked."""
    found = ((one, _place(tree, file, folder, named.home or _HOME, one)) for one in named.charts)
    return [Wanted(file, folder, namespace, one, local) for one, local in found]


def inflation(tree: FileTree, one: Wanted, capabilities: Capabilities, fetched: Sequence[FetchedChart]) -> Inflation:
    """Values files read, and the chart found in the repository or among the `fetched`. Raises Blocked."""
    said = one.said
    merge = said.values_merge or chart_values.OVERRIDE
    if merge not in chart_values.WAYS:
        raise _wrong(one, f"valuesMerge {merge!r} is none of {', '.join(chart_values.WAYS)}")
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
        values=ValueSources(inline=_composed(tree, one)),
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


def without_charts(tree: FileTree, file: str, said_in: SaidIn, files: Sequence[str]) -> dict[str, Any]:
    """The kustomization in `file` with `files`, which hold what the charts gave, in the place of the charts."""
    said = said_in(file)
    left = kustomize_generators.without_charts(tree, file.rpartition("/")[0], said, said_in)
    kept = {key: value for key, value in left.items() if key not in kustomize_chart_fields.FIELDS}
    return {**kept, "resources": [*(said.get("resources") or []), *files]}


def _place(tree: FileTree, file: str, folder: str, home: str, said: Chart) -> str | None:
    if not said.name:
        raise Blocked("KustomizeFailed", f"{file}: a chart has no name")
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


def _composed(tree: FileTree, one: Inflation) -> dict[str, Any]:
    own = one.file_values
    if own is None:
        file = paths.join(one.path, "values.yaml")
        own = values.read_mapping(file, paths.read_file(tree, file) or b"")
    return chart_values.composed(own, one.inline_values, one.merge, one.more_values)


def _wrong(one: Wanted, what: str) -> Blocked:
    return Blocked("KustomizeFailed", f"{one.kustomization}: chart {one.said.name}: {what}")
