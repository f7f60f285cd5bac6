"""The CustomResourceDefinitions say what Argo CD's and Argo Rollouts' own say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scripts.generate_crds import FOLDER, file_of, text_of

from holdfast.model.crd.definitions import definitions
from holdfast.model.kube import KubeObject

BY_KIND = {definition["spec"]["names"]["kind"]: definition for definition in definitions()}


def _version(kind: str) -> dict[str, Any]:
    version: dict[str, Any] = BY_KIND[kind]["spec"]["versions"][0]
    return version


def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = _version(kind)["schema"]["openAPIV3Schema"]
    return schema


def _nested(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from _nested(child)
    for word in ("items", "additionalProperties"):
        if word in schema:
            yield from _nested(schema[word])


@pytest.mark.parametrize("definition", definitions(), ids=lambda definition: definition["metadata"]["name"])
def test_written_file_is_up_to_date(definition: KubeObject) -> None:
    assert file_of(definition).read_text(encoding="utf-8") == text_of(definition), "run scripts/generate_crds.py"


def test_no_file_of_a_kind_that_is_gone() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {file_of(definition).name for definition in definitions()}


@pytest.mark.parametrize(
    ("kind", "name", "short_names", "scope"),
    [
        ("Application", "applications.argoproj.io", ["app", "apps"], "Namespaced"),
        ("AppProject", "appprojects.argoproj.io", ["appproj", "appprojs"], "Namespaced"),
        ("ApplicationSet", "applicationsets.argoproj.io", ["appset", "appsets"], "Namespaced"),
        ("Rollout", "rollouts.argoproj.io", ["ro"], "Namespaced"),
        ("AnalysisTemplate", "analysistemplates.argoproj.io", ["at"], "Namespaced"),
        ("ClusterAnalysisTemplate", "clusteranalysistemplates.argoproj.io", ["cat"], "Cluster"),
        ("AnalysisRun", "analysisruns.argoproj.io", ["ar"], "Namespaced"),
        ("Experiment", "experiments.argoproj.io", ["exp"], "Namespaced"),
        ("SyncRecord", "syncrecords.holdfast.dev", ["syncrec", "syncrecs"], "Namespaced"),
        ("Approval", "approvals.holdfast.dev", ["appr"], "Namespaced"),
        ("Freeze", "freezes.holdfast.dev", ["frz"], "Namespaced"),
    ],
)
def test_names_are_those_people_type(kind: str, name: str, short_names: list[str], scope: str) -> None:
    definition = BY_KIND[kind]
    assert definition["metadata"]["name"] == name
    assert definition["spec"]["names"]["shortNames"] == short_names
    assert definition["spec"]["scope"] == scope


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_unknown_fields_are_kept_wherever_fields_are_named(kind: str) -> None:
    for schema in _nested(_schema(kind)):
        if "properties" in schema:
            assert schema["x-kubernetes-preserve-unknown-fields"] is True


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_every_part_of_a_schema_says_its_type(kind: str) -> None:
    for schema in _nested(_schema(kind)):
        untyped = {"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"}
        assert "type" in schema or untyped & set(schema)


def test_required_fields_are_those_of_argo_cd() -> None:
    application = _schema("Application")
    assert application["required"] == ["metadata", "spec"]
    assert application["properties"]["spec"]["required"] == ["destination", "project"]


def test_names_that_are_not_camel_case_are_kept() -> None:
    spec = _schema("Application")["properties"]["spec"]["properties"]
    assert "repoURL" in spec["source"]["properties"]
    assert {"stableRS", "HPAReplicas"} <= set(_schema("Rollout")["properties"]["status"]["properties"])


def test_pod_template_is_free_form() -> None:
    template = _schema("Rollout")["properties"]["spec"]["properties"]["template"]
    assert template == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_of_what_the_controller_writes_with_each_sync_only_the_outline_is_judged() -> None:
    """The server takes a third less of its CPU for a patch of the status then."""
    status = _schema("Application")["properties"]["status"]["properties"]
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert status["sync"]["properties"]["comparedTo"] == free
    assert status["operationState"]["properties"]["syncResult"] == free
    assert status["operationState"]["required"] == ["operation", "phase", "startedAt"]
    assert status["resources"] == status["history"] == {"type": "array", "items": free}
    assert status["conditions"]["items"]["properties"]["message"] == {"type": "string"}


def test_rollout_can_be_scaled() -> None:
    assert _version("Rollout")["subresources"]["scale"]["statusReplicasPath"] == ".status.HPAReplicas"


def test_application_has_no_status_subresource() -> None:
    assert "subresources" not in _version("Application")


def test_wide_columns_of_an_application() -> None:
    columns = {
        column["name"]: column.get("priority", 0) for column in _version("Application")["additionalPrinterColumns"]
    }
    assert columns == {"Sync Status": 0, "Health Status": 0, "Revision": 10, "Project": 10}
