"""A render is known to be unchanged only at commits that change nothing of what it reads."""

from __future__ import annotations

import pytest

from holdfast.adapters.rendering.trace import Beside, Trace, TracedTree
from holdfast.engine.render.prepare import identity, prepare
from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import HelmOptions
from holdfast.testing.memory_repositories import MemoryTree

OLD, NEW = "a" * 40, "b" * 40
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "a: 1\n",
    "chart/templates/map.yaml": "kind: ConfigMap\n",
    "apps/web.yaml": "a: 2\n",
    "apps/shop.yaml": "a: 3\n",
    "plain/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "kustomized/kustomization.yaml": "resources: [map.yaml, ../base]\n",
    "kustomized/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "base/kustomization.yaml": "resources: [map.yaml]\n",
    "base/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
}
CHART = ApplicationSource(path="chart", helm=HelmOptions(value_files=("../apps/web.yaml",)))
OPTIONAL = ApplicationSource(
    path="chart", helm=HelmOptions(value_files=("../apps/none.yaml",), ignore_missing_value_files=True)
)
PLAIN, KUSTOMIZED = ApplicationSource(path="plain"), ApplicationSource(path="kustomized")


def request(source: ApplicationSource, commit: str) -> RenderRequest:
    return RenderRequest(
        location=TreeLocation("r", commit),
        source=source,
        app_name="web",
        app_namespace="argocd",
        project="default",
        namespace="shop",
        kube_version="v1.37.0",
    )


def traced(source: ApplicationSource, files: dict[str, str], commit: str) -> tuple[Trace, str]:
    tree = TracedTree(MemoryTree(files, commit))
    job = prepare(tree, request(source, commit))
    same = identity(tree, job, request(source, commit))
    tree.names_commit(job)
    return tree.trace, same


@pytest.mark.parametrize(
    ("source", "changes", "same"),
    [
        pytest.param(CHART, {}, True, id="nothing"),
        pytest.param(CHART, {"apps/shop.yaml": "a: 4\n"}, True, id="values of another application"),
        pytest.param(CHART, {"apps/new.yaml": "a: 4\n", "plain/new.yaml": "x"}, True, id="new files elsewhere"),
        pytest.param(CHART, {"apps/web.yaml": "a: 4\n"}, False, id="its values"),
        pytest.param(CHART, {"chart/values.yaml": "a: 4\n"}, False, id="values of the chart"),
        pytest.param(CHART, {"chart/templates/new.yaml": "x"}, False, id="a new template"),
        pytest.param(CHART, {"chart/templates/deep/new.yaml": "x"}, False, id="a new template in a new folder"),
        pytest.param(CHART, {"chart/.argocd-source.yaml": "helm: {}\n"}, False, id="an override"),
        pytest.param(CHART, {"chart/.argocd-source-web.yaml": "helm: {}\n"}, False, id="an override of its own"),
        pytest.param(OPTIONAL, {"apps/none.yaml": "a: 5\n"}, False, id="a values file that was missing"),
        pytest.param(PLAIN, {"base/map.yaml": "x"}, True, id="beside a plain folder"),
        pytest.param(PLAIN, {"plain/map.yaml": "x"}, False, id="a manifest"),
        pytest.param(PLAIN, {"plain/kustomization.yaml": "resources: [map.yaml]\n"}, False, id="another tool"),
        pytest.param(KUSTOMIZED, {"plain/map.yaml": "x"}, True, id="beside a kustomization"),
        pytest.param(KUSTOMIZED, {"base/map.yaml": "x"}, False, id="what a base names"),
        pytest.param(KUSTOMIZED, {"base/kustomization.yaml": "resources: []\n"}, False, id="a base"),
    ],
)
def test_only_what_is_read_counts(source: ApplicationSource, changes: dict[str, str], same: bool) -> None:
    trace, before = traced(source, FILES, OLD)
    after = MemoryTree({**FILES, **changes}, NEW)
    assert Beside(after).is_same(trace) is same
    if same:
        assert traced(source, {**FILES, **changes}, NEW)[1] == before


def test_a_render_that_is_told_the_commit_is_another_one_at_every_commit() -> None:
    told = ApplicationSource(path="chart", helm=HelmOptions(values_object={"commit": OLD[:8]}))
    trace, _ = traced(told, FILES, OLD)
    assert not Beside(MemoryTree(FILES, NEW)).is_same(trace)
