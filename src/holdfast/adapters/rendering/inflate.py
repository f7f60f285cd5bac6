"""Renders the charts of kustomizations."""

from __future__ import annotations

from msgspec import structs

from holdfast.adapters.rendering import helm_chart
from holdfast.adapters.rendering.chart_copies import ChartCopies
from holdfast.engine.render import kustomize_charts
from holdfast.engine.render.helm.job import HelmJob, checked_release_name
from holdfast.engine.render.kustomize_charts import Inflation
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import RenderLimits


def objects_of(
    tree: FileTree, one: Inflation, limits: RenderLimits, copies: ChartCopies | None = None
) -> tuple[KubeObject, ...]:
    """`tree` is where the chart stands. Raises Blocked that names the kustomization and the chart."""
    try:
        job = _named(kustomize_charts.helm_job(tree, one), one.name_template)
        return helm_chart.render(tree, job, limits, _nothing_else, copies=copies).objects
    except Blocked as blocked:
        raise one.wrong(blocked) from blocked


def _named(job: HelmJob, template: str) -> HelmJob:
    name = helm_chart.text_of(template) if "{{" in template else template or job.release_name
    return structs.replace(job, release_name=checked_release_name(name))


def _nothing_else(location: TreeLocation) -> FileTree:
    raise AssertionError(f"a chart of a kustomization carries what it depends on, {location.repository} is not asked")
