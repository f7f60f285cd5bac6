"""Renders a chart with Helm as a library, from a copy that holds only what the chart needs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import helm_python
from helm_python import _native as native  # the library's options that Chart.render does not offer
from helm_python import errors as helm_errors

from holdfast.adapters.rendering import helm_failures, materialise
from holdfast.engine.render import paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import output, values
from holdfast.engine.render.helm.job import HelmJob
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
) -> RenderResult:
    given = values.compose(tree, job.values, refs)
    fetched = {(one.name, one.repository): open_tree(one.location) for one in job.fetched}
    with _copied(tree, job, fetched) as folder:
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


@contextmanager
def _copied(tree: FileTree, job: HelmJob, fetched: Mapping[tuple[str, str], FileTree]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdfast-chart-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "chart"
        materialise.write_files(tree, paths.files_below(tree, job.chart.path), folder)
        for other in job.local_dependencies:
            _add_local(tree, other, folder, Path(name))
        for wanted in job.remote_dependencies:
            chart = fetched.get((wanted.name, wanted.repository))
            if chart is None:
                raise charts.dependency_missing(job.chart, wanted, charts.objection(wanted.repository))
            materialise.write_files(chart, paths.files_below(chart, ""), folder / "charts" / wanted.name)
        if not job.validate_schema:
            _remove_schemas(folder)
        yield folder


def _add_local(tree: FileTree, other: charts.LocalChart, folder: Path, work: Path) -> None:
    """As `helm dependency build` does it: packed when .helmignore leaves files out, else as a folder."""
    files = paths.files_below(tree, other.path)
    if not any(file.relative == ".helmignore" for file in files):
        materialise.write_files(tree, files, folder / "charts" / other.name)
        return
    source = work / "dependencies" / other.name
    materialise.write_files(tree, files, source)
    (folder / "charts").mkdir(exist_ok=True)
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
