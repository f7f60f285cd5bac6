"""Charts give what `helm template` gives: every family of functions, and every way to put charts together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from holdfast.model.errors import Blocked
from holdfast.model.source_options import HelmFileParameter, HelmOptions, HelmParameter
from tests.oracles.charts import FUNCTIONS, PUT_TOGETHER, VALUES, chart, data
from tests.oracles.conftest import Render, lay, ours

OPENED = frozenset({"shadow"})
"""Helm prints a List as it is; Holdfast opens it, as Argo CD does, and leaves out labels that are null."""


@pytest.mark.parametrize("family", sorted(FUNCTIONS))
def test_functions(family: str, helm: Render, tmp_path: Path) -> None:
    folder = lay(chart(FUNCTIONS[family], VALUES), tmp_path / "chart")
    theirs = helm(folder)
    if family in OPENED:
        for one in theirs[0]["items"]:
            del one["metadata"]["labels"]["gone"]
        theirs = theirs[0]["items"]
    assert theirs
    assert ours(folder, ".") == theirs


@pytest.mark.parametrize("name", sorted(PUT_TOGETHER))
def test_ways_to_put_charts_together(name: str, helm: Render, tmp_path: Path) -> None:
    folder = lay(PUT_TOGETHER[name], tmp_path / "chart")
    theirs = helm(folder)
    assert theirs
    assert ours(folder, ".") == theirs


FILES = {
    **chart(data(v="$.Values"), VALUES),
    "more.yaml": "name: More\nlist: [z]\nmap: {b: null, n: 1}\n",
    "crds/a.yaml": "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: as.x}\n",
    "note.txt": "from a file, with a comma\n",
    "templates/t.yaml": "kind: Pod\napiVersion: v1\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n",
    "values.schema.json": '{"properties": {"name": {"type": "string"}}}',
}
EXPRESSIONS = (
    "a.b[1].c=7",
    "list={x,y}",
    "name=null",
    "map.a.x=1\\,2",
    "q.on=true",
    "d\\.e/f=1",
    "n=0777",
    "r=1.5",
    "e=",
)


def options(**fields: object) -> HelmOptions:
    return HelmOptions(**fields)  # type: ignore[arg-type]


def set_(text: str, *, force: bool = False) -> HelmParameter:
    name, _, value = text.rpartition("=") if not text.startswith("list") else text.partition("=")
    return HelmParameter(name=name, value=value, force_string=force)


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (options(value_files=("more.yaml",)), ["--values", "more.yaml"]),
        (options(values="a: {b: 1}\nname: yes\n", skip_schema_validation=True), ["--values", "inline.yaml", "--skip-schema-validation"]),
        (options(values_object={"map": {"a": None}}), ["--set-json", '{"map": {"a": null}}']),
        *((options(parameters=(set_(text),)), ["--set", text]) for text in EXPRESSIONS if not text.startswith("name")),
        *((options(parameters=(set_(text, force=True),)), ["--set-string", text]) for text in ("n=0777", "q.on=true", "e=")),
        (options(file_parameters=(HelmFileParameter(name="f.x", path="note.txt"),)), ["--set-file", "f.x=note.txt"]),
        (options(skip_tests=True), ["--skip-tests"]),
        (options(kube_version="1.30.1", api_versions=("a/v1",)), ["--kube-version", "1.30.1"]),
        (options(namespace="there"), ["--namespace", "there"]),
    ],
)  # fmt: skip
def test_the_sources_options(
    given: HelmOptions, arguments: list[str], helm: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay({**FILES, "inline.yaml": given.values}, tmp_path / "chart")
    monkeypatch.chdir(folder)
    assert ours(folder, ".", helm=given) == helm(folder, *arguments)


REFUSED: Mapping[str, str] = {
    "required": 'a: {{ required "say a" .Values.nothing }}',
    "fail": '{{ fail "no such luck" }}',
    "no such template": '{{ include "none" . }}',
    "no such function": '{{ env "HOME" }}',
    "an expanded variable": '{{ expandenv "$HOME" }}',
    "a nil pointer": "a: {{ .Values.none.deeper }}",
    "an open action": "a: {{ if true }}",
    "a wrong type": 'a: {{ index .Values.name "x" }}',
    "no YAML": "apiVersion: v1\nkind: ConfigMap\n metadata: {name: a}\n",
    "endless inclusion": '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
    "what is no mapping": "{{ merge 1 2 }}",
    "a bad pattern": '{{ mustRegexMatch "(" "a" }}',
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_helm_refuses_is_refused(what: str, helm: Render, tmp_path: Path) -> None:
    folder = lay(chart(REFUSED[what], VALUES), tmp_path / "chart")
    with pytest.raises(Blocked, match=r"templates/a\.yaml"):
        ours(folder, ".")
    with pytest.raises(RuntimeError):
        helm(folder)
