"""Charts in kustomizations give what the programs of kustomize and Helm make of them together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.source_options import KustomizeOptions
from tests.oracles.conftest import API_VERSIONS, KUBE_VERSION, Render, lay, ours, tool

ALLOWED = {"kustomize.buildOptions": "--enable-helm"}
MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-map}
data:
  values: {{ .Values | toJson | quote }}
  release: {{ printf "%s %s %s %v" .Release.Namespace .Release.Service .Release.Revision .Release.IsInstall | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Version }}
  keda: {{ .Capabilities.APIVersions.Has "keda.sh/v1alpha1" | quote }}
  own: {{ .Capabilities.APIVersions.Has "own.example/v1" | quote }}
  text: "1e3"
  lines: |
    one
     two: ---
"""
HOOK = """apiVersion: batch/v1
kind: Job
metadata: {name: NAME, annotations: {helm.sh/hook: HOOK}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: web:1}]}}}
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:{{ .Values.deep.tag }}"}]}}
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.own.example}
spec: {group: own.example, scope: Namespaced, names: {kind: Thing, plural: things}, versions: []}
"""


def chart(folder: str, name: str = "front") -> dict[str, str]:
    return {
        f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.2.3\n",
        f"{folder}/values.yaml": "deep: {tag: '1', list: [1, 2], empty: {}, gone: 1}\nplain: 5\n",
        f"{folder}/templates/map.yaml": MAP,
        f"{folder}/templates/deployment.yaml": DEPLOYMENT,
        f"{folder}/templates/NOTES.txt": "Thank you for {{ .Release.Name }}\n",
        f"{folder}/templates/pre.yaml": HOOK.replace("NAME", "pre").replace("HOOK", "pre-install"),
        f"{folder}/templates/test.yaml": HOOK.replace("NAME", "test").replace("HOOK", "test"),
        f"{folder}/crds/things.yaml": CRD,
    }


CHART = chart("app/charts/front")
VALUES = {
    "app/more.yaml": "deep: {tag: '3', gone: null}\nplain: more\n",
    "app/last.yaml": "deep: {list: [9]}\nlast: true\n",
}
INLINE = "valuesInline: {deep: {tag: '2', list: [3], new: {a: 1}, empty: {}, gone: null}, plain: null, other: null}"
CASES = {
    "a name alone": "helmCharts: [{name: front}]",
    "release and namespace": "helmCharts: [{name: front, releaseName: shop, namespace: there}]",
    "a template of the name": "helmCharts: [{name: front, nameTemplate: '{{ upper \"SHOP\" | lower }}-{{ add 1 2 }}'}]",
    "a name for a template": "helmCharts: [{name: front, nameTemplate: shop}]",
    "a values file": "helmCharts: [{name: front, valuesFile: more.yaml}]",
    "further values files": "helmCharts: [{name: front, additionalValuesFiles: [more.yaml, last.yaml]}]",
    "inline values": f"helmCharts: [{{name: front, {INLINE}}}]",
    "inline values over": f"helmCharts: [{{name: front, {INLINE}, valuesMerge: override, valuesFile: more.yaml}}]",
    "inline values beneath": f"helmCharts: [{{name: front, {INLINE}, valuesMerge: merge}}]",
    "inline values instead": f"helmCharts: [{{name: front, {INLINE}, valuesMerge: replace}}]",
    "values of all kinds": f"helmCharts: [{{name: front, {INLINE}, valuesFile: more.yaml, additionalValuesFiles: [last.yaml]}}]",
    "custom resources": "helmCharts: [{name: front, includeCRDs: true}]",
    "no hooks": "helmCharts: [{name: front, skipHooks: true}]",
    "no tests": "helmCharts: [{name: front, skipTests: true}]",
    "neither": "helmCharts: [{name: front, skipTests: true, skipHooks: true}]",
    "a cluster of its own": "helmCharts: [{name: front, kubeVersion: 1.29.0, apiVersions: [own.example/v1]}]",
    "the same one twice": "helmCharts: [{name: front, releaseName: a, skipHooks: true}]\ntransformers: []\n",
    "names in any case": "HELMCHARTS: [{Name: front, RELEASENAME: a}]",
    "the older field": "helmChartInflationGenerator: [{chartName: front, releaseName: a, valuesLocal: {plain: 1}, releaseNamespace: x, extraArgs: [b]}]",
    "another home": "helmGlobals: {chartHome: parts/here, configHome: /nowhere}\nhelmCharts: [{name: front}]",
    "with the changes of the kustomization": (
        "helmCharts: [{name: front, releaseName: a, includeCRDs: true}]\nresources: [plain.yaml]\nnamespace: there\nnamePrefix: p-\n"
        "commonLabels: {team: b}\nimages: [{name: web, newTag: '7'}]\nreplicas: [{name: web, count: 3}]\n"
        "configMapGenerator: [{name: made, literals: [a=b]}]\n"
        "patches: [{target: {kind: ConfigMap, name: a-map}, patch: '[{\"op\": \"replace\", \"path\": \"/data/own\", \"value\": \"changed\"}]'}]"
    ),
}  # fmt: skip


def generator(*lines: str) -> str:
    return "\n".join(
        ("apiVersion: builtin", "kind: HelmChartInflationGenerator", "metadata: {name: any}", "name: front", *lines, "")
    )


GENERATORS = {
    "a name alone": generator(),
    "all fields": generator(
        "releaseName: shop", "namespace: there", "includeCRDs: true", "skipHooks: true", "skipTests: true"
    ),
    "values": generator(INLINE, "valuesMerge: merge", "valuesFile: more.yaml", "additionalValuesFiles: [last.yaml]"),
    "a cluster of its own": generator("kubeVersion: 1.29.0", "apiVersions: [own.example/v1]"),
    "a template of the name": generator("nameTemplate: '{{ add 1 2 }}-a'"),
    "another home": generator("chartHome: parts/here", "configHome: /nowhere"),
    "names in any case, and unknown ones": generator("RELEASENAME: a", "unknown: 1", "releasename: b"),
    "beside another one": generator()
    + "---\napiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n",
    "two": generator("releaseName: a", "skipHooks: true", "skipTests: true")
    + "---\n"
    + generator("chartHome: parts/here", "releaseName: b")
    .replace("name: any", "name: other")
    .replace("name: front", "name: side"),
}


@pytest.mark.parametrize("around", ["", "namespace: outer\nnamePrefix: p-\nimages: [{name: web, newTag: '7'}]\n"])
@pytest.mark.parametrize("how", ["a file", "inline", "a folder", "a folder of a folder"])
@pytest.mark.parametrize("name", GENERATORS)
def test_generators(name: str, how: str, around: str, both: Callable[..., list[KubeObject]]) -> None:
    """Of the kustomization itself, and of one below it, from which it takes over no namespace."""
    text = GENERATORS[name]
    said = {
        "a file": "generators: [g.yaml]\n",
        "inline": "generators:\n- |\n" + "".join(f"  {line}\n" for line in text.splitlines()),
        "a folder": "generators: [../gathered]\n",
        "a folder of a folder": "generators: [../outer]\n",
    }[how]
    side = {
        file: text.replace("name: web}", "name: side}") for file, text in chart("base/parts/here/side", "side").items()
    }
    files = {
        **chart("base/charts/front"),
        **chart("base/parts/here/front"),
        **side,
        "base/more.yaml": VALUES["app/more.yaml"],
        "base/last.yaml": VALUES["app/last.yaml"],
        "base/g.yaml": text,
        "gathered/kustomization.yaml": "resources: [g.yaml]\n",
        "gathered/g.yaml": text,
        "outer/kustomization.yaml": "resources: [../gathered]\n",
        "base/kustomization.yaml": said,
        "app/kustomization.yaml": f"resources: [../base]\n{around}",
    }
    both(files)
    both({**files, "base/kustomization.yaml": said + around}, "base")


def arguments() -> list[str]:
    """As Argo CD gives them."""
    told = [word for one in API_VERSIONS for word in ("--helm-api-versions", one)]
    return ["--enable-helm", "--helm-command", tool("helm"), "--helm-kube-version", KUBE_VERSION.lstrip("v"), *told]


@pytest.fixture(autouse=True)
def _one_version_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.fixture
def both(kustomize: Render, tmp_path: Path) -> Callable[..., list[KubeObject]]:
    """What Holdfast gives; the programs are asserted to give the same."""

    def compare(files: dict[str, str], path: str = "app", **source: object) -> list[KubeObject]:
        root = lay(files, tmp_path / "repository")
        found = ours(root, path, settings=ALLOWED, **source)
        theirs = kustomize(root / path, *arguments())
        assert theirs
        assert found == theirs
        return found

    return compare


@pytest.mark.parametrize("name", CASES)
def test_every_field(name: str, both: Callable[..., list[KubeObject]]) -> None:
    plain = {"app/plain.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"}
    both({**CHART, **chart("app/parts/here/front"), **VALUES, **plain, "app/kustomization.yaml": CASES[name] + "\n"})


def test_charts_of_bases_and_components(both: Callable[..., list[KubeObject]]) -> None:
    part = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nhelmCharts: [{name: side, releaseName: side, skipHooks: true}]\n"
    side = {file: text.replace("name: web}", "name: side}") for file, text in chart("part/charts/side", "side").items()}
    files = {
        **chart("base/charts/front"),
        **side,
        "base/kustomization.yaml": "helmCharts: [{name: front, releaseName: base}]\n",
        "part/kustomization.yaml": part,
        "app/kustomization.yaml": "resources: [../base]\ncomponents: [../part]\nnameSuffix: -z\n",
    }
    found = both(files)
    assert {obj["metadata"]["name"] for obj in found if obj["kind"] == "ConfigMap"} == {"base-map-z", "side-map-z"}


@pytest.mark.parametrize("middle", ["", "namespace: middle\n"])
@pytest.mark.parametrize("own", ["", "namespace: inner\n"])
def test_charts_take_over_the_namespace_from_above(
    own: str, middle: str, both: Callable[..., list[KubeObject]]
) -> None:
    files = {
        **chart("base/charts/front"),
        "base/plain.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n",
        "base/kustomization.yaml": f"helmCharts: [{{name: front}}]\nresources: [plain.yaml]\n{own}",
        "middle/kustomization.yaml": f"resources: [../base]\n{middle}",
        "app/kustomization.yaml": "resources: [../middle]\nnamespace: outer\n",
    }
    both(files)


def test_a_chart_at_the_place_of_its_version(both: Callable[..., list[KubeObject]]) -> None:
    """Where kustomize would put it when it pulls it, so that it does not."""
    files = {
        **chart("app/charts/front-1.2.3/front"),
        "app/kustomization.yaml": "helmCharts: [{name: front, version: 1.2.3, repo: 'https://charts.example'}]\n",
    }
    both(files)


def test_the_sources_own_fields(kustomize: Render, tmp_path: Path) -> None:
    files = {**CHART, "app/kustomization.yaml": "helmCharts: [{name: front}]\n"}
    options = KustomizeOptions(name_prefix="x-", kube_version="1.28.0", api_versions=("own.example/v1",))
    found = ours(lay(files, tmp_path / "plain"), "app", settings=ALLOWED, kustomize=options)
    written = {**files, "app/kustomization.yaml": "namePrefix: x-\nhelmCharts: [{name: front}]\n"}
    told = ["--helm-kube-version", "1.28.0", "--helm-api-versions", "own.example/v1"]
    command = ["--enable-helm", "--helm-command", tool("helm"), *told]
    assert found == kustomize(lay(written, tmp_path / "changed") / "app", *command)


REFUSED = {
    "an unknown field": "helmCharts: [{name: front, unknown: 1}]",
    "no name": "helmCharts: [{releaseName: a}]",
    "no chart and no repository": "helmCharts: [{name: other}]",
    "two names": "helmCharts: [{name: front, releaseName: a, nameTemplate: b}]",
    "an unknown merge": "helmCharts: [{name: front, valuesInline: {a: 1}, valuesMerge: mixed}]",
    "a values file that is missing": "helmCharts: [{name: front, valuesFile: none.yaml}]",
    "values that are no mapping": "helmCharts: [{name: front, valuesFile: list.yaml}]",
    "a template that cannot be read": "helmCharts: [{name: front, nameTemplate: '{{ nothing'}]",
    "a name that cannot be one": "helmCharts: [{name: front, releaseName: No_Name}]",
    "charts that are no list": "helmCharts: {name: front}",
    "a generator without a name": "generators:\n- |\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: a}\n",
    "a generator of another kind of value": "generators:\n- |\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: a}\n  name: front\n  skipHooks: 'yes'\n",
    "a chart that fails": "helmCharts: [{name: front, valuesInline: {deep: 5}}]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_programs_refuse_is_refused(name: str, kustomize: Render, tmp_path: Path) -> None:
    files = {**CHART, "app/list.yaml": "[1]\n", "app/kustomization.yaml": REFUSED[name] + "\n"}
    root = lay(files, tmp_path / "repository")
    with pytest.raises(RuntimeError):
        kustomize(root / "app", *arguments())
    with pytest.raises(Blocked) as caught:
        ours(root, "app", settings=ALLOWED)
    assert "app/kustomization.yaml" in caught.value.message or "app/list.yaml" in caught.value.message
