"""The attacker hopes to read files of the host, or of other repositories, through his own repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from holdfast.model.errors import Blocked
from holdfast.model.source_options import (
    DirectoryOptions,
    HelmFileParameter,
    HelmOptions,
    JsonnetOptions,
    KustomizeOptions,
    KustomizePatch,
)
from tests.adversarial.conftest import SECRET, Render

Refused = Callable[..., Blocked]
CHART = {"app/Chart.yaml": "apiVersion: v2\nname: a\nversion: 0.1.0\n"}
ECHO = {**CHART, "app/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {{ .Values | toJson }}\n"}  # fmt: skip


def dependency(repository: str, name: str = "b") -> dict[str, str]:
    head = CHART["app/Chart.yaml"]
    return {"app/Chart.yaml": f"{head}dependencies: [{{name: {name}, version: 0.1.0, repository: '{repository}'}}]\n"}


VALUES_FILES = ["../../secret.yaml", "../../../../../../etc/passwd", "x/../../../secret.yaml", "$other/../secret.yaml", "$other/out", "link", "linked/secret.yaml"]  # fmt: skip


@pytest.mark.parametrize("file", VALUES_FILES)
def test_a_values_file_outside_of_the_repository(file: str, refused: Refused) -> None:
    files = {**ECHO, "app/link": "-> ../../secret.yaml", "app/linked": "-> ../.."}
    assert refused(files, helm=HelmOptions(value_files=(file,))).reason == "PathEscapes"


@pytest.mark.parametrize("file", ["/etc/passwd", "SECRET", "file:///etc/passwd"])
def test_a_values_file_of_the_host(file: str, refused: Refused, secret: object) -> None:
    """A leading slash is the root of the repository, where there is no such file."""
    error = refused(ECHO, helm=HelmOptions(value_files=(file.replace("SECRET", str(secret)),)))
    assert error.reason == ("SourceUnsupported" if file.startswith("file:") else "ValuesFileMissing")


def test_a_file_parameter_outside_of_the_repository(refused: Refused) -> None:
    given = HelmOptions(file_parameters=(HelmFileParameter(name="a", path="../../secret.yaml"),))
    assert refused(ECHO, helm=given).reason == "PathEscapes"


@pytest.mark.parametrize("path", ["..", "../other", "/../..", "app/../../other", "a/../../.."])
def test_a_source_outside_of_the_repository(path: str, refused: Refused) -> None:
    assert refused(ECHO, path=path).reason == "PathEscapes"


SYMLINKS: Mapping[str, dict[str, str]] = {
    "a manifest": {"app/a.yaml": "-> ../../secret.yaml"},
    "a manifest by its full path": {"app/a.yaml": "-> SECRET"},
    "a folder": {"app": "-> .."},
    "a chain": {"app/a.yaml": "-> b.yaml", "app/b.yaml": "-> c/secret.yaml", "app/c": "-> ../.."},
    "a template": {**CHART, "app/templates/a.yaml": "-> ../../../secret.yaml"},
    "a folder of templates": {**CHART, "app/templates": "-> ../.."},
    "values": {**ECHO, "app/values.yaml": "-> ../../secret.yaml"},
    "Chart.yaml": {"app/Chart.yaml": "-> ../../secret.yaml"},
    "a chart in charts": {**CHART, "app/charts/b": "-> ../../../other"},
    "a CRD": {**CHART, "app/crds/a.yaml": "-> ../../../secret.yaml"},
    "a file of a chart": {**ECHO, "app/conf/a": "-> ../../../secret.yaml"},
    "itself": {"app/a.yaml": "-> a.yaml"},
    "a kustomization": {"app/kustomization.yaml": "-> ../../secret.yaml"},
    "a resource": {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": "-> ../../secret.yaml"},
}


@pytest.mark.parametrize("what", SYMLINKS)
def test_a_symlink_out_of_the_repository(what: str, refused: Refused) -> None:
    error = refused(SYMLINKS[what])
    assert error.reason == "PathEscapes"
    assert "symlink" in error.message


@pytest.mark.parametrize(
    "repository", ["file://../../other", "file://../../../../etc", "file:///etc", "file://x/../../../other"]
)
def test_a_dependency_outside_of_the_repository(repository: str, refused: Refused) -> None:
    assert refused(dependency(repository)).reason == "PathEscapes"


@pytest.mark.parametrize("name", ["../../../other", "..", "/etc", "a/b"])
def test_the_name_of_a_dependency_is_no_path(name: str, refused: Refused) -> None:
    files = {**dependency("file://../b", name), "b/Chart.yaml": f"apiVersion: v2\nname: '{name}'\nversion: 0.1.0\n"}
    error = refused(files)
    assert error.reason in ("ChartInvalid", "DependencyMissing")


FIELDS: Mapping[str, str] = {
    "resources": "resources: [../../other]",
    "a file by its full path": "resources: [/etc/passwd]",
    "bases": "bases: [../../..]",
    "components": "components: [../../other]",
    "a patch": "patches: [{path: ../../secret.yaml}]",
    "an older patch": "patchesStrategicMerge: [../../secret.yaml]",
    "a file of a generator": "configMapGenerator: [{name: a, files: [x=../../secret.yaml]}]",
    "variables of a generator": "secretGenerator: [{name: a, envs: [../../secret.yaml]}]",
    "a replacement": "replacements: [{path: ../../secret.yaml}]",
    "a schema": "openapi: {path: ../../secret.yaml}",
    "CRDs": "crds: [../../secret.yaml]",
    "configurations": "configurations: [../../secret.yaml]",
    "a transformer": "transformers: [../../secret.yaml]",
}


@pytest.mark.parametrize("what", FIELDS)
def test_a_kustomization_that_leads_out_of_the_repository(what: str, refused: Refused) -> None:
    assert refused({"app/kustomization.yaml": FIELDS[what] + "\n"}).reason == "PathEscapes"


GENERATORS = ["files: [/etc/passwd]", "files: [x=SECRET]", "files: [../../secret.yaml]", "envs: [SECRET]"]


@pytest.mark.parametrize("says", GENERATORS)
def test_a_generator_in_a_file_of_its_own_reads_nothing_outside(says: str, refused: Refused) -> None:
    generator = f"apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: g}}\nname: g\n{says}\n"
    error = refused({"app/kustomization.yaml": "generators: [g.yaml]\n", "app/g.yaml": generator})
    assert error.reason == "KustomizeFailed"


@pytest.mark.parametrize(
    "options",
    [KustomizeOptions(components=("../../other",)), KustomizeOptions(patches=(KustomizePatch(path="../../secret.yaml"),))],
)  # fmt: skip
def test_a_sources_kustomize_options_stay_inside(options: KustomizeOptions, refused: Refused) -> None:
    assert refused({"app/kustomization.yaml": "resources: []\n"}, kustomize=options).reason == "PathEscapes"


IMPORTS = ["import '../../secret.yaml'", "importstr '../../secret.yaml'", "importstr '/etc/passwd'", "importbin 'SECRET'", "importstr 'link'", "(import 'deep/b.libsonnet')"]  # fmt: skip


@pytest.mark.parametrize("program", IMPORTS)
def test_an_import_of_jsonnet_outside_of_the_repository(program: str, refused: Refused) -> None:
    files = {"app/a.jsonnet": program, "app/link": "-> ../../secret.yaml", "app/deep/b.libsonnet": "importstr '../../../secret.yaml'"}  # fmt: skip
    assert refused(files).reason == "PathEscapes"


def test_a_library_of_jsonnet_outside_of_the_repository(refused: Refused) -> None:
    given = DirectoryOptions(jsonnet=JsonnetOptions(libs=("../..",)))
    assert refused({"app/a.jsonnet": "importstr 'secret.yaml'"}, directory=given).reason == "PathEscapes"


TEMPLATES = [
    '{{ env "HOLDFAST_SECRET" }}',
    '{{ expandenv "$HOLDFAST_SECRET" }}',
    '{{ tpl "{{ env `HOLDFAST_SECRET` }}" . }}',
    '{{ readFile "SECRET" }}',
    '{{ .Files.Get "SECRET" | required "nothing" }}',
    '{{ .Files.Get "../../secret.yaml" | required "nothing" }}',
    '{{ (lookup "v1" "Secret" "argocd" "argocd-secret").data | required "nothing" }}',
    '{{ getHostByName "localhost" | required "nothing" }}',
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_reads_neither_the_environment_nor_files_nor_the_cluster_nor_names_of_hosts(
    text: str, refused: Refused
) -> None:
    error = refused({**CHART, "app/templates/a.yaml": text})
    assert error.reason == "TemplateError"


def test_a_build_sees_nothing_of_the_environment(render: Render) -> None:
    """A line of an env file without a value would be filled from the environment."""
    files = {"app/kustomization.yaml": "configMapGenerator: [{name: a, envs: [e]}]\n", "app/e": "HOLDFAST_SECRET\n"}
    assert SECRET not in str(render(files).objects)


@pytest.mark.parametrize("name", ["std.extVar('HOLDFAST_SECRET')", "std.native('env')('HOLDFAST_SECRET')"])
def test_a_program_sees_nothing_of_the_environment(name: str, refused: Refused) -> None:
    assert refused({"app/a.jsonnet": name}).reason == "TemplateError"
