"""Charts rendered with Helm as a library."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.source_options import HelmOptions, HelmParameter

MakeRequest = Callable[..., RenderRequest]
CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations:\n    {annotation}\n"
CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c.x}\n---\n"
    + CONFIG_MAP.format(name="with-crd", annotation="a: b")
)


async def render(request: RenderRequest) -> RenderResult:
    return await InlineRenderer(open_local_tree).render(request)


def names(result: RenderResult) -> list[str]:
    return [obj["metadata"]["name"] for obj in result.objects]


async def refusal(request: RenderRequest) -> tuple[str, str]:
    with pytest.raises(Blocked) as caught:
        await render(request)
    return caught.value.reason, caught.value.message


def template(text: str, **more: str) -> dict[str, str]:
    return {"app/Chart.yaml": CHART, "app/templates/a.yaml": text, **more}


async def test_release_and_capabilities_reach_the_templates(make_request: MakeRequest) -> None:
    text = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  kube: {{ .Capabilities.KubeVersion.Version }}
  keda: {{ .Capabilities.APIVersions.Has "keda.sh/v1alpha1" | quote }}
  other: {{ .Capabilities.APIVersions.Has "other/v1" | quote }}
  install: {{ .Release.IsInstall | quote }}
  value: {{ .Values.value | quote }}
"""
    options = HelmOptions(parameters=(HelmParameter(name="value", value="$ARGOCD_APP_REVISION_SHORT"),))
    result = await render(make_request(template(text), helm=options))
    assert result.source_type == "Helm"
    assert result.objects == (
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shop", "namespace": "shop-prod"},
            "data": {"kube": "v1.31.2", "keda": "true", "other": "false", "install": "true", "value": "0123456"},
        },
    )


FULL = {
    "app/Chart.yaml": CHART,
    "app/crds/crd.yaml": CRD,
    "app/templates/NOTES.txt": "kind: Not\n",
    "app/templates/_helpers.tpl": "{{ define \"x\" }}{{ end }}",
    "app/templates/empty.yaml": "{{ if false }}\n{{ end }}\n---\n# nothing\n",
    "app/templates/hook.yaml": CONFIG_MAP.format(name="hook", annotation="helm.sh/hook: pre-install"),
    "app/templates/test.yaml": CONFIG_MAP.format(name="test", annotation="helm.sh/hook: test,post-delete"),
    "app/templates/two.yaml": "---\n" + CONFIG_MAP.format(name="one", annotation="a: b") + "--- # second\n" + CONFIG_MAP.format(name="two", annotation="a: b"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["c.x", "with-crd", "hook", "test", "one", "two"]),
        ({"skip_crds": True}, ["hook", "test", "one", "two"]),
        ({"skip_tests": True}, ["c.x", "with-crd", "hook", "one", "two"]),
    ],
)
async def test_what_of_the_output_is_an_object(
    make_request: MakeRequest, options: dict[str, Any], expected: list[str]
) -> None:
    assert names(await render(make_request(FULL, helm=HelmOptions(**options)))) == expected


async def test_hooks_keep_their_annotations(make_request: MakeRequest) -> None:
    result = await render(make_request(FULL, helm=HelmOptions(skip_crds=True)))
    assert result.objects[0]["metadata"]["annotations"] == {"helm.sh/hook": "pre-install"}


LIBRARY = {
    "app/Chart.yaml": CHART
    + "dependencies: [{name: lib, version: 1.x.x, repository: 'file://../shared/lib', alias: al}]\n",
    "app/values.yaml": "al: {name: from-parent}\n",
    "shared/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.2.3\n",
    "shared/lib/values.yaml": "name: default\n",
    "shared/lib/templates/a.yaml": CONFIG_MAP.format(name="{{ .Values.name }}", annotation="a: b"),
    "shared/lib/templates/ignored.yaml": CONFIG_MAP.format(name="ignored", annotation="a: b"),
}


async def test_a_local_dependency_is_taken_from_the_repository(make_request: MakeRequest) -> None:
    assert names(await render(make_request(LIBRARY))) == ["from-parent", "ignored"]


async def test_a_local_dependency_keeps_its_helmignore(make_request: MakeRequest) -> None:
    files = {**LIBRARY, "shared/lib/.helmignore": "ignored.yaml\n"}
    assert names(await render(make_request(files))) == ["from-parent"]


async def test_symlinks_inside_the_repository_are_rendered(make_request: MakeRequest) -> None:
    files = template("-> ../../shared/a.yaml", **{"shared/a.yaml": CONFIG_MAP.format(name="linked", annotation="a: b")})
    assert names(await render(make_request(files))) == ["linked"]


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        ("\n\na: {{ .Values.a.b.c }}", "TemplateError", "templates/a.yaml:3: nil pointer evaluating interface {}.b (at .Values.a.b.c)"),
        ('a: {{ required "a name is needed" .Values.name }}', "TemplateError", "templates/a.yaml:1: a name is needed"),
        ('{{ fail "no" }}', "TemplateError", "templates/a.yaml:1: no"),
        ("a: 1\n{{ if }}", "TemplateError", "templates/a.yaml:2: missing value for if"),
        ("{{ nofunction }}", "TemplateError", 'templates/a.yaml:1: function "nofunction" not defined'),
        ('{{ include "none" . }}', "TemplateError", 'templates/a.yaml:1: no template "none" associated with template "gotpl" (at include "none" .)'),
        ("\n{{ include \"x\" . }}", "TemplateError", "templates/_x.tpl:2: expected string; found 1.5 (at 1.5), reached from templates/a.yaml:2"),
        ('{{ define "q" }}{{ include "q" . }}{{ end }}{{ include "q" . }}', "TemplateError", 'templates/a.yaml:1: rendering template has a nested reference name: q: unable to execute template (at include "q" .)'),
        ("---\n# none\n---\nb: c: d\n", "ManifestInvalid", "templates/a.yaml, document 2: its output is no YAML: line 1: mapping values are not allowed in this context: b: c: d"),
        ("a: 1\n", "ManifestInvalid", "templates/a.yaml: kind is missing or no text"),
        ("kind: A\napiVersion: v1\nmetadata: {}\n", "ManifestInvalid", "templates/a.yaml: v1 A has no metadata.name"),
    ],
)  # fmt: skip
async def test_an_error_names_the_file_and_the_line(
    make_request: MakeRequest, text: str, reason: str, message: str
) -> None:
    helper = '{{ define "x" }}\n{{ b64enc 1.5 }}{{ end }}'
    assert await refusal(make_request(template(text, **{"app/templates/_x.tpl": helper}))) == (reason, message)


SCHEMA = '{"type": "object", "properties": {"replicas": {"type": "integer"}, "name": {"type": "string"}}}'


async def test_values_that_do_not_fit_the_schema_are_named(make_request: MakeRequest) -> None:
    files = template("", **{"app/values.schema.json": SCHEMA})
    options = HelmOptions(values_object={"replicas": "two", "name": 5})
    assert await refusal(make_request(files, helm=options)) == (
        "ChartInvalid",
        (
            "values do not fit the chart's values.schema.json: "
            "demo: at '/name': got number, want string; at '/replicas': got string, want integer"
        ),
    )
    skipped = HelmOptions(values_object={"replicas": "two"}, skip_schema_validation=True)
    assert (await render(make_request(files, helm=skipped))).objects == ()


@pytest.mark.parametrize(
    ("repository", "because"),
    [
        ("", ""),
        ("http://charts.example", ""),
        ("https://localhost/charts", " (localhost is not a public host)"),
        ("https://169.254.169.254/latest", " (169.254.169.254 is not a public host)"),
        ("oci://127.0.0.1:5000/charts", " (127.0.0.1 is not a public host)"),
        ("https://[::1]/charts", " (::1 is not a public host)"),
        ("@private", ""),
        ("https://[charts/", ""),
    ],
)
async def test_a_missing_dependency_says_what_to_do(make_request: MakeRequest, repository: str, because: str) -> None:
    chart = CHART + f"dependencies: [{{name: redis, version: ~20.0.0, repository: '{repository}'}}]\n"
    assert await refusal(make_request({"app/Chart.yaml": chart})) == (
        "DependencyMissing",
        (
            f"chart demo needs redis ~20.0.0 from {repository or 'charts/'}, which is not in app/charts{because}: "
            "run `helm dependency update` and commit charts/"
        ),
    )


async def test_a_carried_chart_of_another_version_is_refused(make_request: MakeRequest) -> None:
    files = {
        "app/Chart.yaml": CHART + "dependencies: [{name: lib, version: 2.x, repository: 'https://charts.example'}]\n",
        "app/charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
    }
    reason, message = await refusal(make_request(files))
    assert reason == "DependencyMissing"
    assert "needs lib 2.x, as Chart.yaml says, and carries 1.0.0 in app/charts" in message


async def test_a_chart_that_renders_to_too_much_is_refused(make_request: MakeRequest) -> None:
    reason, message = await refusal(make_request(template('a: {{ repeat 100000000 "a" }}')))
    assert (reason, message) == (
        "ManifestTooLarge",
        "chart demo renders to 100,000,003 bytes, 67,108,864 are allowed",
    )


async def test_a_bomb_in_the_output_is_refused(make_request: MakeRequest) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    reason, message = await refusal(make_request(template("\n".join(lines))))
    assert reason == "ManifestTooLarge"
    assert message.startswith("templates/a.yaml: line 7, column 38: stands for more than 5,000,000 values")


async def test_a_symlink_that_leads_out_of_the_repository_is_refused(make_request: MakeRequest) -> None:
    assert await refusal(make_request(template("", **{"app/files/passwd": "-> /etc/passwd"}))) == (
        "PathEscapes",
        "'app/files/passwd' is a symlink to /etc/passwd, which is outside the repository: use a path inside the repository",
    )


async def test_a_chart_that_helm_cannot_load_is_named(make_request: MakeRequest) -> None:
    files = {"app/Chart.yaml": CHART, "app/charts/broken-1.0.0.tgz": b"not an archive"}
    reason, message = await refusal(make_request(files))
    assert reason == "ChartInvalid"
    assert message.startswith("chart app: ")


async def test_nothing_of_a_render_stays_on_disk(
    make_request: MakeRequest, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    await render(make_request(FULL))
    await refusal(make_request(template('{{ fail "no" }}')))
    assert list(work.iterdir()) == []
