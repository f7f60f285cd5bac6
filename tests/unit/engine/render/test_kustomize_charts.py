"""Which charts a kustomization inflates, where it is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.prepare import identity, inflated_charts, prepare
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import FetchedChart, RenderRequest
from holdfast.model.source_options import KustomizeOptions

MakeTree = Callable[[Mapping[str, str]], FileTree]
ALLOWED = {"kustomize.buildOptions": "--enable-helm"}
REPO = "https://charts.example"
FRONT = {"app/charts/front/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.0.0\n"}


def request(settings: dict[str, str] | None = None, **fields: Any) -> RenderRequest:
    options = fields.pop("kustomize", None)
    source = ApplicationSource(repo_url="https://git.example/a", path="app", kustomize=options)
    return RenderRequest(
        TreeLocation("r", "c" * 40),
        source,
        "shop",
        "argocd",
        "default",
        "n",
        "v1.30.0",
        settings=settings or {},
        **fields,
    )


def prepared(tree: FileTree, asked: RenderRequest) -> KustomizeJob:
    job = prepare(tree, asked)
    assert isinstance(job, KustomizeJob)
    return job


@pytest.mark.parametrize("settings", [{}, {"kustomize.buildOptions": "--reorder none"}])
@pytest.mark.parametrize("field", ["helmCharts: [{name: front}]", "helmChartInflationGenerator: [{chartName: front}]"])
def test_where_it_is_not_allowed_the_message_names_the_setting(
    field: str, settings: dict[str, str], make_tree: MakeTree
) -> None:
    tree = make_tree({**FRONT, "app/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": field})
    asked = request(settings)
    job = prepared(tree, asked)
    with pytest.raises(Blocked) as caught:
        identity(tree, job, asked)
    name = field.partition(":")[0]
    assert caught.value.reason == "KustomizeFailed"
    assert caught.value.message.startswith(f"base/kustomization.yaml: {name} inflates charts, and that is not allowed")
    assert "kustomize.buildOptions: --enable-helm in argocd-cm" in caught.value.message
    assert inflated_charts(tree, asked) == ()


def test_charts_of_repositories_are_to_be_fetched_as_they_are_named(make_tree: MakeTree) -> None:
    charts = (
        f"helmCharts: [{{name: front, repo: '{REPO}', version: 1.x}}, {{name: front, repo: '{REPO}', version: 2.x}}, "
        f"{{name: front, repo: '{REPO}', version: 2.x, releaseName: b}}, {{name: side, repo: 'oci://reg.example/charts'}}]"
    )
    part = "kind: Component\nhelmCharts: [{name: part, repo: 'https://parts.example'}]\n"
    tree = make_tree({"app/kustomization.yaml": charts, "part/kustomization.yaml": part})
    asked = request(ALLOWED, kustomize=KustomizeOptions(components=("../part",)))
    found = inflated_charts(tree, asked)
    assert [(one.name, one.version, one.repository) for one in found] == [
        ("front", "1.x", REPO),
        ("front", "2.x", REPO),
        ("side", "", "oci://reg.example/charts"),
        ("part", "", "https://parts.example"),
    ]
    fetched = tuple(
        FetchedChart(one.name, one.repository, TreeLocation(f"/store/{number}", "1"), one.version)
        for number, one in enumerate(found)
    )
    job = prepared(tree, request(ALLOWED, kustomize=KustomizeOptions(components=("../part",)), charts=fetched))
    places = [one.location.repository for one in job.inflations if one.location is not None]
    assert places == ["/store/0", "/store/1", "/store/1", "/store/2", "/store/3"]


def test_a_chart_that_could_not_be_fetched_is_told(make_tree: MakeTree) -> None:
    text = "helmCharts: [{name: front, repo: 'https://127.0.0.1/charts', version: '1'}]"
    with pytest.raises(Blocked) as caught:
        prepare(make_tree({"app/kustomization.yaml": text}), request(ALLOWED))
    assert caught.value.reason == "DependencyMissing"
    assert "127.0.0.1 is not a public host" in caught.value.message


ESCAPES = {
    "a name": "helmCharts: [{name: ../../../etc}]",
    "the home": "helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: front}]",
    "a home from the root": "helmGlobals: {chartHome: /etc}\nhelmCharts: [{name: front}]",
    "an older home": "helmChartInflationGenerator: [{chartName: front, chartHome: ../../x}]",
    "a version": "helmCharts: [{name: front, repo: 'https://a.example', version: /../../../../x}]",
    "values": "helmCharts: [{name: front, valuesFile: ../../secret.yaml}]",
    "values from the root": "helmCharts: [{name: front, valuesFile: /etc/passwd}]",
    "values at an address": "helmCharts: [{name: front, valuesFile: 'https://a.example/v.yaml'}]",
    "further values": "helmCharts: [{name: front, additionalValuesFiles: [ok.yaml, ../../../etc/passwd]}]",
    "a link": "helmCharts: [{name: front, valuesFile: link.yaml}]",
    "a link of a chart": "helmCharts: [{name: linked}]",
    "a generator": "generators:\n- |-\n  {apiVersion: builtin, kind: HelmChartInflationGenerator, name: front, chartHome: ../../x}\n  # inline",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_leads_out_of_the_repository(name: str, make_tree: MakeTree) -> None:
    links = {"app/link.yaml": "-> ../../etc/passwd", "app/charts/linked": "-> /etc", "app/ok.yaml": "a: 1\n"}
    tree = make_tree({**FRONT, **links, "app/kustomization.yaml": ESCAPES[name]})
    with pytest.raises(Blocked) as caught:
        prepare(tree, request(ALLOWED))
    assert caught.value.reason == "PathEscapes"


def test_values_may_stand_beside_the_kustomization(make_tree: MakeTree) -> None:
    text = "helmCharts: [{name: front, valuesFile: ../shared/values.yaml}]"
    tree = make_tree({**FRONT, "app/kustomization.yaml": text, "shared/values.yaml": "a: 1\n"})
    assert [one.file_values for one in prepared(tree, request(ALLOWED)).inflations] == [{"a": 1}]


@pytest.mark.parametrize("word", ["{{ randAlpha 5 }}", "a-{{ now | unixEpoch }}", "{{ uuidv4 }}", '{{ env "HOME" }}'])
def test_a_name_that_would_change_is_refused(word: str, make_tree: MakeTree) -> None:
    text = f"helmCharts: [{{name: front, nameTemplate: '{word}'}}]"
    with pytest.raises(Blocked, match="another name each time"):
        prepare(make_tree({**FRONT, "app/kustomization.yaml": text}), request(ALLOWED))


def test_one_chart_cannot_be_in_two_namespaces_at_once(make_tree: MakeTree) -> None:
    files = {
        **FRONT,
        "app/kustomization.yaml": "resources: [../a, ../b]",
        "a/kustomization.yaml": "namespace: a\nresources: [../base]",
        "b/kustomization.yaml": "namespace: b\nresources: [../base]",
        "base/kustomization.yaml": "helmGlobals: {chartHome: ../app/charts}\nhelmCharts: [{name: front}]",
    }
    with pytest.raises(Blocked, match="name the namespace of each chart"):
        prepare(make_tree(files), request(ALLOWED))


GENERATOR = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\nname: front\n"


INLINE = "generators:\n- |-\n" + "".join(f"  {line}\n" for line in GENERATOR.splitlines())


@pytest.mark.parametrize("text", [INLINE, "generators: [g.yaml]", "generators: [../outer]"])
def test_generators_inflate_charts_where_it_is_allowed(text: str, make_tree: MakeTree) -> None:
    gathered = {
        "outer/kustomization.yaml": "resources: [../inner]",
        "inner/kustomization.yaml": "resources: [g.yaml]",
        "inner/g.yaml": GENERATOR,
    }
    tree = make_tree({**FRONT, **gathered, "app/kustomization.yaml": text, "app/g.yaml": GENERATOR})
    assert [(one.name, one.path) for one in prepared(tree, request(ALLOWED)).inflations] == [
        ("front", "app/charts/front")
    ]
    asked = request()
    with pytest.raises(Blocked, match="HelmChartInflationGenerator inflates charts, and that is not allowed here"):
        identity(tree, prepared(tree, asked), asked)


def test_the_charts_of_generators_are_fetched(make_tree: MakeTree) -> None:
    both = f"{GENERATOR}repo: {REPO}\nversion: 2.x\n---\n{GENERATOR}chartHome: parts\n"
    files = {"app/kustomization.yaml": "generators: [g.yaml]", "app/g.yaml": both}
    found = inflated_charts(make_tree({**files, "app/parts/front/Chart.yaml": "x"}), request(ALLOWED))
    assert [(one.name, one.version, one.repository) for one in found] == [("front", "2.x", REPO)]


ELSEWHERE = {
    "a transformer": {"app/kustomization.yaml": "transformers: [g.yaml]"},
    "transformers put together": {
        "app/kustomization.yaml": "transformers: [../g]",
        "g/kustomization.yaml": "resources: [../app/g.yaml]",
    },
    "another apiVersion": {
        "app/kustomization.yaml": "generators: [g.yaml]",
        "app/g.yaml": GENERATOR.replace("builtin", "example.org/v1"),
    },
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_generators_inflate_nothing_elsewhere(name: str, make_tree: MakeTree) -> None:
    tree = make_tree({**FRONT, "app/g.yaml": GENERATOR, **ELSEWHERE[name]})
    with pytest.raises(Blocked, match="the chart under helmCharts"):
        prepare(tree, request(ALLOWED))


CHANGES = {
    "a template": {"app/charts/front/templates/a.yaml": "b"},
    "a new template": {"app/charts/front/templates/b.yaml": "b"},
    "its values": {"app/charts/front/values.yaml": "a: 2\n"},
    "a values file": {"app/v.yaml": "a: 2\n"},
    "the kustomization": {"app/kustomization.yaml": "helmCharts: [{name: front}]\n"},
}


def test_the_identity_is_what_charts_read(make_tree: MakeTree) -> None:
    files = {
        **FRONT,
        "app/charts/front/templates/a.yaml": "a",
        "app/charts/front/values.yaml": "a: 1\n",
        "app/charts/other/Chart.yaml": "x",
        "app/v.yaml": "a: 1\n",
        "app/kustomization.yaml": "helmCharts: [{name: front, valuesFile: v.yaml}]\n",
    }

    def said(changes: Mapping[str, str]) -> str:
        tree, asked = make_tree({**files, **changes}), request(ALLOWED)
        return identity(tree, prepare(tree, asked), asked)

    first = said({})
    assert said({"app/charts/other/Chart.yaml": "y"}) == first
    assert said({"app/unread.yaml": "y"}) == first
    others = [said(changes) for changes in CHANGES.values()]
    assert len({first, *others}) == len(others) + 1


@pytest.mark.parametrize(
    ("settings", "kind"),
    [({"kustomize.enable": "false"}, "directory"), ({"helm.enable": "false"}, "kustomize"), ({}, "helm")],
)
def test_a_tool_that_is_off_leaves_plain_manifests(settings: dict[str, str], kind: str, make_tree: MakeTree) -> None:
    files = {"app/kustomization.yaml": "resources: []"}
    if kind != "directory":
        files["app/Chart.yaml"] = "apiVersion: v2\nname: a\nversion: 1.0.0\n"
    assert type(prepare(make_tree(files), request(settings))).__struct_config__.tag == kind
