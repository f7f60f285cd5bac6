"""Renders a chart with Helm as a library, from a copy that holds only what the chart needs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import helm_python
from helm_python import _native as native  # the library's options that Chart.render does not offer
from helm_python import errors as helm_errors
from msgspec import Struct

from holdfast.adapters.rendering import chart_copies, helm_failures, materialise
from holdfast.adapters.rendering.chart_copies import ChartCopies
from holdfast.engine.render import paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import output, values
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.paths import FoundFile
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderLimits, RenderResult

_SCHEMA = "values.schema.json"


def render(
    tree: FileTree,
    job: HelmJob,
    limits: RenderLimits,
    open_tree: Callable[[TreeLocation], FileTree],
    refs: Mapping[str, FileTree] = values.NO_REFS,
    copies: ChartCopies | None = None,
) -> RenderResult:
    """The copy that Helm reads is one of `copies`, or one for this render alone. Raises Blocked."""
    if copies is None:
        with chart_copies.passing() as passing:
            return render(tree, job, limits, open_tree, refs, passing)
    given = values.compose(tree, job.values, refs)
    fetched = {(one.name, one.repository): open_tree(one.location) for one in job.fetched}
    folder = _copied(copies, tree, job, fetched)
    try:
        with helm_python.Chart.load(folder) as chart:
            charts.check_carried(job.chart, _carried(chart))
            rendered = output.Rendered(_templates(chart, job, given), _crds(chart))
    except helm_errors.HelmError as error:
        raise helm_failures.translate(error, job) from error
    return output.objects_of(rendered, job, limits)


def _templates(chart: helm_python.Chart, job: HelmJob, given: dict[str, object]) -> dict[str, str]:
    options: dict[str, object] = {"name": job.release_name, "namespace": job.namespace or "default"}
    if job.kube_version:
        options["kube_version"] = job.kube_version
    if job.api_versions:
        options["api_versions"] = job.api_versions
    text = native.call_string("helm_render", chart._raw(), json.dumps(given), json.dumps(options))  # noqa: SLF001
    rendered: dict[str, str] = json.loads(text)
    return rendered


def text_of(template: str) -> str:
    """What a template of its own gives, with no values at all. Raises Blocked."""
    with tempfile.TemporaryDirectory(prefix="holdfast-chart-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "name"
        (folder / "templates").mkdir(parents=True)
        (folder / "Chart.yaml").write_text("apiVersion: v2\nname: name\nversion: 0.0.0\n")
        (folder / "templates" / "name.txt").write_text(template, encoding="utf-8")
        try:
            with helm_python.Chart.load(folder) as chart:
                text = native.call_string("helm_render", chart._raw(), "{}", json.dumps({"name": "name"}))  # noqa: SLF001
        except helm_errors.HelmError as error:
            raise Blocked("TemplateError", f"nameTemplate: {error.detail}") from error
    rendered: dict[str, str] = json.loads(text)
    return "".join(rendered.values())


def _crds(chart: helm_python.Chart) -> dict[str, str]:
    """By file name: one file may hold several, and each is given with the whole text of its file."""
    return {crd["filename"]: crd["data"] for crd in chart.crds}


class _Part(Struct, frozen=True):
    """Files that go into a copy: of the chart itself, or of a chart that it depends on."""

    name: str
    tree: FileTree
    files: list[FoundFile]


def _copied(copies: ChartCopies, tree: FileTree, job: HelmJob, fetched: Mapping[tuple[str, str], FileTree]) -> Path:
    """The folder of the chart with those that it depends on."""
    chart = _Part("", tree, paths.files_below(tree, job.chart.path))
    local = [_Part(one.name, tree, paths.files_below(tree, one.path)) for one in job.local_dependencies]
    remote = [_fetched(job, one, fetched) for one in job.remote_dependencies]

    def write(folder: Path) -> None:
        materialise.write_files(tree, chart.files, folder)
        for part in local:
            _add_local(part, folder)
        for part in remote:
            materialise.write_files(part.tree, part.files, folder / "charts" / part.name)
        if not job.validate_schema:
            _remove_schemas(folder)

    kinds = (("chart", [chart]), ("local", local), ("remote", remote))
    parts = [(f"{kind} {part.name}", part.files) for kind, found in kinds for part in found]
    key = f"{chart_copies.key_of(parts)} {job.validate_schema}"
    return copies.lend(key, sum(file.entry.size for _, files in parts for file in files), write)


def _fetched(job: HelmJob, wanted: charts.Dependency, fetched: Mapping[tuple[str, str], FileTree]) -> _Part:
    chart = fetched.get((wanted.name, wanted.repository))
    if chart is None:
        raise charts.dependency_missing(job.chart, wanted, charts.objection(wanted.repository))
    return _Part(wanted.name, chart, paths.files_below(chart, ""))


def _add_local(part: _Part, folder: Path) -> None:
    """As `helm dependency build` does it: packed when .helmignore leaves files out, else as a folder."""
    if not any(file.relative == ".helmignore" for file in part.files):
        materialise.write_files(part.tree, part.files, folder / "charts" / part.name)
        return
    (folder / "charts").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-chart-", ignore_cleanup_errors=True) as name:
        source = Path(name) / part.name
        materialise.write_files(part.tree, part.files, source)
        with helm_python.Chart.load(source) as chart:
            chart.save(folder / "charts")


def _carried(chart: helm_python.Chart) -> list[tuple[str, str]]:
    return [(str(one.get("name") or ""), str(one.get("version") or "")) for one in chart.dependencies]


def _remove_schemas(folder: Path) -> None:
    """Helm has no switch for it: the schemas go from the copy, also those inside packed subcharts."""
    for archive in sorted((folder / "charts").glob("*.tgz")):
        try:
            helm_python.expand(folder / "charts", archive)
        except helm_errors.HelmError as error:
            raise Blocked("ChartInvalid", f"charts/{archive.name}: {error.detail}") from error
        archive.unlink()
    for schema in sorted(folder.rglob(_SCHEMA)):
        schema.unlink()
