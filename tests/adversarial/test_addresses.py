"""The attacker hopes to have services asked that only this machine reaches, or to have programs run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from holdfast.model.errors import Blocked

Refused = Callable[..., Blocked]
Trap = tuple[str, list[str]]
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

FIELDS: Mapping[str, str] = {
    "a file of a generator": "configMapGenerator: [{name: a, files: ['x=URL']}]",
    "the older field of a generator": "configMapGenerator: [{name: a, env: 'URL'}]",
    "variables of a generator": "secretGenerator: [{name: a, envs: ['URL']}]",
    "a resource": "resources: ['URL']",
    "a component": "components: ['URL']",
    "a patch": "resources: [a.yaml]\npatches: [{path: 'URL'}]",
    "an older patch": "resources: [a.yaml]\npatchesStrategicMerge: ['URL']",
    "a JSON patch": "resources: [a.yaml]\npatchesJson6902: [{target: {version: v1, kind: ConfigMap, name: a}, path: 'URL'}]",
    "a replacement": "resources: [a.yaml]\nreplacements: [{path: 'URL'}]",
    "a schema": "resources: [a.yaml]\nopenapi: {path: 'URL'}",
    "CRDs": "resources: [a.yaml]\ncrds: ['URL']",
    "configurations": "resources: [a.yaml]\nconfigurations: ['URL']",
    "a transformer": "transformers: ['URL']",
    "another case of the field": "ConfigMapGenerator: [{name: a, Files: ['x=URL']}]",
    "another case inside of a field": "configMapGenerator: [{name: a, FILES: ['x=URL']}]",
    "another case of a list": "Generators: [g.yaml]",
    "a generator in a file": "generators: [g.yaml]",
    "a transformer in a file": "resources: [a.yaml]\ntransformers: [t.yaml]",
    "a generator in a folder": "generators: [../g]",
    "a generator that is put together": "generators: [../patched]",
    "a generator in the kustomization": "generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n  name: g\n  files: ['x=URL']",
    "a base with one": "resources: [../base]",
}  # fmt: skip
GENERATOR = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\nname: g\nfiles: ['x=URL']\n"
BESIDE = {
    "app/a.yaml": CONFIG_MAP,
    "app/g.yaml": GENERATOR,
    "app/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: 'URL'\n",
    "g/kustomization.yaml": "resources: [g.yaml]\n",
    "g/g.yaml": GENERATOR,
    "patched/kustomization.yaml": "resources: [g.yaml]\npatches: [{target: {kind: ConfigMapGenerator}, patch: '[{\"op\": \"replace\", \"path\": \"/files/0\", \"value\": \"x=URL\"}]'}]\n",
    "patched/g.yaml": GENERATOR.replace("x=URL", "x=y"),
    "base/kustomization.yaml": "configMapGenerator: [{name: a, files: ['x=URL']}]\n",
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["http://", "HTTP://"])
@pytest.mark.parametrize("what", FIELDS)
def test_a_kustomization_asks_no_service_of_this_machine(what: str, scheme: str, refused: Refused, trap: Trap) -> None:
    """kustomize itself asks for addresses, and past every proxy when they are those of this machine."""
    address, asked = trap
    address = scheme + address.removeprefix("http://") + "/x"
    files = {name: text.replace("URL", address) for name, text in BESIDE.items()}
    error = refused({**files, "app/kustomization.yaml": FIELDS[what].replace("URL", address) + "\n"})
    assert asked == []
    assert error.reason == "KustomizeFailed"
    assert "app/" in error.message or "base/" in error.message or "g/" in error.message or "patched/" in error.message


REMOTE_BASES = [
    "github.com/evil/base?ref=main",
    "git@github.com:evil/base",
    "ssh://git@127.0.0.1/x",
    "git::https://127.0.0.1/x",
    "file:///etc",
    "https://127.0.0.1/x//base?ref=--upload-pack=touch",
    "ext::sh -c touch% /tmp/owned",
]


@pytest.mark.parametrize("base", REMOTE_BASES)
def test_a_remote_base_is_refused_before_any_program_runs(base: str, refused: Refused) -> None:
    error = refused({"app/kustomization.yaml": f"resources: ['{base}']\n"})
    assert error.reason == "KustomizeFailed"
    assert "remote" in error.message or "does not exist" in error.message


def test_helm_and_programs_inside_kustomizations_stay_off(refused: Refused) -> None:
    charts = "helmCharts: [{name: a, repo: 'https://127.0.0.1/x', version: 1.0.0, releaseName: a}]\n"
    assert "helm" in refused({"app/kustomization.yaml": charts}).message.lower()
    plugin = (
        "apiVersion: v1\nkind: Evil\nmetadata:\n  name: e\n  annotations:\n    config.kubernetes.io/function: |\n"
        "      exec: {path: ./e.sh}\n"
    )
    files = {"app/kustomization.yaml": "transformers: [p.yaml]\n", "app/p.yaml": plugin, "app/e.sh": "#!/bin/sh\n"}
    assert refused(files).reason == "KustomizeFailed"
