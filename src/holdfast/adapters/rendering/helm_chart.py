"""Renders a chart with Helm as a library, from a copy that holds only what the chart needs."""

from __future__ import annotations

import ipaddress
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import helm_python
from helm_python import _native as native  # the library's options that Chart.render does not offer
from helm_python import errors as helm_errors

from holdfast.adapters.rendering import helm_failures, materialise
from holdfast.engine.render import paths
from holdfast.engine.render.helm import chart as charts
from holdfast.engine.render.helm import output, values
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.render.helm.job import HelmJob
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderLimits, RenderResult

_SCHEMA = "values.schema.json"


def render(tree: FileTree, job: HelmJob, limits: RenderLimits) -> RenderResult:
    given = values.compose(tree, job.values)
    with _copied(tree, job) as folder:
        try:
            with helm_python.Chart.load(folder) as chart:
                _check_dependencies(chart, job)
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


def _crds(chart: helm_python.Chart) -> dict[str, str]:
    """By file name: one file may hold several, and each is given with the whole text of its file."""
    return {crd["filename"]: crd["data"] for crd in chart.crds}


@contextmanager
def _copied(tree: FileTree, job: HelmJob) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdfast-chart-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "chart"
        materialise.write_files(tree, paths.files_below(tree, job.chart.path), folder)
        for other in job.local_dependencies:
            _add_local(tree, other, folder, Path(name))
        for wanted in job.remote_dependencies:
            _check_remote(job, wanted)
            _download(job, wanted, folder)
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


def _check_remote(job: HelmJob, wanted: Dependency) -> None:
    """A chart from Git must not make this process speak to the host it runs on, or to a metadata service."""
    url = urlsplit(wanted.repository)
    if url.scheme not in ("https", "oci") or not url.hostname:
        raise charts.dependency_missing(job.chart, wanted)
    try:
        address = ipaddress.ip_address(url.hostname)
    except ValueError:
        is_inside = url.hostname == "localhost" or url.hostname.endswith((".localhost", ".internal"))
    else:
        is_inside = not address.is_global
    if is_inside:
        raise charts.dependency_missing(job.chart, wanted, because=f"{url.hostname} is not a public host")


def _download(job: HelmJob, wanted: Dependency, folder: Path) -> None:
    charts_folder = folder / "charts"
    charts_folder.mkdir(exist_ok=True)
    version = wanted.locked or wanted.version or None
    try:
        if wanted.repository.startswith("oci://"):
            reference = f"{wanted.repository.rstrip('/')}/{wanted.name}"
            helm_python.pull(reference, destination=charts_folder, version=version)
        else:
            helm_python.pull(wanted.name, destination=charts_folder, version=version, repo_url=wanted.repository)
    except helm_errors.HelmError as error:
        because = error.detail.strip().splitlines()[-1][: helm_failures.MAX_MESSAGE]
        raise charts.dependency_missing(job.chart, wanted, because) from error


def _check_dependencies(chart: helm_python.Chart, job: HelmJob) -> None:
    loaded = {dependency.get("name") for dependency in chart.dependencies}
    for wanted in job.chart.dependencies:
        if wanted.name not in loaded:
            raise charts.dependency_missing(job.chart, wanted)


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
