"""What a chart's render is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.engine.render.helm import values
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.prepare import prepare
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import HelmFileParameter, HelmOptions, HelmParameter

MakeTree = Callable[[Mapping[str, str]], FileTree]
MakeRequest = Callable[..., RenderRequest]
CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"
FILES = {
    "app/Chart.yaml": CHART,
    "app/values.yaml": "a: {b: 0}\n",
    "app/prod.yaml": "a: {b: 1, c: 2}\nlist: [9, 8]\n",
    "app/prod-shop.yaml": "a: {c: null}\nlist: [7, 8]\n",
    "shared/base.yaml": "a: {b: 5, d: 6}\n",
    "app/cert.pem": "BEGIN, END",
    "app/bad.yaml": "a: 1\nb: c: d\n",
    "app/list.yaml": "- 1",
    "links/out.yaml": "-> ../../outside.yaml",
}


def job_of(tree: FileTree, request: RenderRequest) -> HelmJob:
    job = prepare(tree, request)
    assert isinstance(job, HelmJob)
    return job


def composed(make_tree: MakeTree, make_request: MakeRequest, **options: Any) -> dict[str, Any]:
    tree = make_tree(FILES)
    return values.compose(tree, job_of(tree, make_request("app", helm=HelmOptions(**options))).values)


def test_the_release_is_the_application_in_its_destination(make_tree: MakeTree, make_request: MakeRequest) -> None:
    job = job_of(make_tree(FILES), make_request("app"))
    assert (job.release_name, job.namespace, job.kube_version) == ("shop", "shop-prod", "v1.31.2")
    assert job.include_crds
    assert job.include_tests
    assert job.validate_schema


def test_options_say_it_otherwise(make_tree: MakeTree, make_request: MakeRequest) -> None:
    options = HelmOptions(
        release_name="r",
        namespace="n",
        kube_version="1.29.0",
        api_versions=("x/v1",),
        skip_crds=True,
        skip_tests=True,
        skip_schema_validation=True,
    )
    job = job_of(make_tree(FILES), make_request("app", helm=options))
    assert (job.release_name, job.namespace, job.kube_version, job.api_versions) == ("r", "n", "1.29.0", ("x/v1",))
    assert (job.include_crds, job.include_tests, job.validate_schema) == (False, False, False)


def test_files_then_values_then_parameters(make_tree: MakeTree, make_request: MakeRequest) -> None:
    assert composed(
        make_tree,
        make_request,
        value_files=("/shared/base.yaml", "prod.yaml", "prod-$ARGOCD_APP_NAME.yaml"),
        values_object={"a": {"d": 60}, "x": "$ARGOCD_APP_NAME"},
        values="a: {d: 61}",
        parameters=(
            HelmParameter(name="list[1]", value="42"),
            HelmParameter(name="tag", value="1", force_string=True),
            HelmParameter(name="tag", value="2"),
            HelmParameter(name="name", value="${ARGOCD_APP_NAME},b"),
            HelmParameter(name="set", value="{1,2}"),
        ),
        file_parameters=(HelmFileParameter(name="cert", path="cert.pem"),),
    ) == {
        "a": {"b": 1, "c": None, "d": 60},
        "list": [7, 42],
        "x": "$ARGOCD_APP_NAME",
        "tag": "1",
        "name": "shop,b",
        "set": [1, 2],
        "cert": "BEGIN, END",
    }


def test_mappings_that_share_an_alias_do_not_change_together(make_tree: MakeTree, make_request: MakeRequest) -> None:
    parameters = (HelmParameter(name="b.x", value="2"),)
    assert composed(make_tree, make_request, values="a: &m {x: 1}\nb: *m\n", parameters=parameters) == {
        "a": {"x": 1},
        "b": {"x": 2},
    }


def test_values_as_text_are_read_as_yaml(make_tree: MakeTree, make_request: MakeRequest) -> None:
    assert composed(make_tree, make_request, values="a: y\nb: 0755\n") == {"a": True, "b": 493}


def test_a_glob_takes_every_file_that_fits(make_tree: MakeTree, make_request: MakeRequest) -> None:
    job = job_of(
        make_tree(FILES), make_request("app", helm=HelmOptions(value_files=("prod*.yaml", "../shared/b?se.yaml")))
    )
    assert job.values.files == ("app/prod-shop.yaml", "app/prod.yaml", "shared/base.yaml")


def test_a_missing_values_file_may_be_ignored(make_tree: MakeTree, make_request: MakeRequest) -> None:
    options = HelmOptions(value_files=("none.yaml", "prod.yaml"), ignore_missing_value_files=True)
    assert job_of(make_tree(FILES), make_request("app", helm=options)).values.files == ("app/prod.yaml",)


@pytest.mark.parametrize(
    ("options", "reason", "message"),
    [
        ({"value_files": ("none.yaml",)}, "ValuesFileMissing", "values file 'none.yaml' is missing: there is no file app/none.yaml at revision 0123456. Add it, or set helm.ignoreMissingValueFiles"),
        ({"value_files": ("../../x.yaml",)}, "PathEscapes", "'../../x.yaml' leads out of the repository: use a path inside the repository"),
        ({"value_files": ("../../x.yaml",), "ignore_missing_value_files": True}, "PathEscapes", "'../../x.yaml' leads out of the repository: use a path inside the repository"),
        ({"value_files": ("../links/out.yaml",)}, "PathEscapes", "'links/out.yaml' is a symlink that leads out of the repository: use a path inside the repository"),
        ({"value_files": ("https://x.example/v.yaml",)}, "SourceUnsupported", "values file https://x.example/v.yaml is remote and was not read here: commit the file to the repository"),
        ({"value_files": ("http://169.254.169.254/v",)}, "SourceUnsupported", "values file http://169.254.169.254/v is remote and was not read here: commit the file to the repository"),
        ({"value_files": ("$values/prod.yaml",)}, "SourceUnsupported", "values file '$values/prod.yaml' is of another source, and the application has none with ref values: add it to spec.sources, or put the file into this source's repository"),
        ({"value_files": ("bad.yaml",)}, "ChartInvalid", "app/bad.yaml:2: mapping values are not allowed in this context"),
        ({"value_files": ("list.yaml",)}, "ChartInvalid", "app/list.yaml: values must be a mapping"),
        ({"values": "a: b: c"}, "ChartInvalid", "helm.values:1: mapping values are not allowed in this context"),
        ({"parameters": (HelmParameter(name="a[", value="1"),)}, "ChartInvalid", "helm parameter a[: an index must end with ]"),
        ({"file_parameters": (HelmFileParameter(name="c", path="no.pem"),)}, "ValuesFileMissing", "helm.fileParameters: there is no file app/no.pem at revision 0123456"),
        ({"release_name": "Shop_1"}, "ChartInvalid", "release name 'Shop_1' is not valid: at most 53 lower-case letters, digits, - and . (set helm.releaseName)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    make_tree: MakeTree, make_request: MakeRequest, options: dict[str, Any], reason: str, message: str
) -> None:
    with pytest.raises(Blocked) as caught:
        composed(make_tree, make_request, **options)
    assert (caught.value.reason, caught.value.message) == (reason, message)


@pytest.mark.parametrize(
    ("chart", "reason", "message"),
    [
        ("kubeVersion: '>=1.32.0-0'", "ChartInvalid", "chart demo 0.1.0 requires Kubernetes >=1.32.0-0, the cluster is v1.31.2: use another version of the chart, or set helm.kubeVersion"),
        ("type: library", "ChartInvalid", "demo is a library chart: it is used by other charts, not installed"),
        ("dependencies: 5", "ChartInvalid", "app/Chart.yaml: dependencies must be a list of mappings with a name"),
        ("dependencies: [{name: l, version: 1.0.0, repository: 'file://../nowhere'}]", "DependencyMissing", "chart demo needs l from file://../nowhere, and there is no chart at nowhere"),
        ("dependencies: [{name: lib, version: ^2.0.0, repository: 'file://../lib'}]", "DependencyMissing", "chart demo needs lib ^2.0.0, but lib holds lib 1.2.3"),
        ("dependencies: [{name: lib, repository: 'file://../../lib'}]", "PathEscapes", "'../../lib' leads out of the repository: use a path inside the repository"),
        ("a: b: c", "ChartInvalid", "app/Chart.yaml:4: mapping values are not allowed in this context"),
    ],
)  # fmt: skip
def test_a_chart_that_cannot_be_used_is_told_why(
    make_tree: MakeTree, make_request: MakeRequest, chart: str, reason: str, message: str
) -> None:
    tree = make_tree({"app/Chart.yaml": CHART + chart + "\n", "lib/Chart.yaml": "name: lib\nversion: 1.2.3\n"})
    with pytest.raises(Blocked) as caught:
        prepare(tree, make_request("app"))
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_dependencies_are_vendored_local_or_remote(make_tree: MakeTree, make_request: MakeRequest) -> None:
    listed = [
        "{name: packed, version: 1.0.0, repository: 'https://charts.example'}",
        "{name: folder, version: 1.0.0, repository: 'https://charts.example'}",
        "{name: lib, version: 1.x, repository: 'file://../lib'}",
        "{name: remote, version: ~3.1, repository: 'https://charts.example'}",
    ]
    tree = make_tree(
        {
            "app/Chart.yaml": CHART + f"dependencies: [{', '.join(listed)}]\n",
            "app/Chart.lock": "dependencies:\n- {name: remote, version: 3.1.4}\n",
            "app/charts/packed-1.0.0.tgz": "",
            "app/charts/any/Chart.yaml": "name: folder\nversion: 1.0.0\n",
            "lib/Chart.yaml": "name: lib\nversion: 1.2.3\n",
        }
    )
    job = job_of(tree, make_request("app"))
    assert [(other.name, other.path) for other in job.local_dependencies] == [("lib", "lib")]
    assert [(wanted.name, wanted.version, wanted.locked) for wanted in job.remote_dependencies] == [
        ("remote", "~3.1", "3.1.4")
    ]
