"""`holdfast health` and `holdfast actions` answer for the objects of files, with the scripts of an argocd-cm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli.main import command_line
from holdfast.model.errors import Blocked

OBJECTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, generation: 1}
spec: {replicas: 2}
status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: example.org/v1, kind: Thing, metadata: {name: t}, spec: {size: 3, box: {}}, status: {phase: Good}}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  resource.customizations.health.example.org_Thing: |
    return {status = "Healthy", message = string.upper(obj.status.phase)}
  resource.customizations.health.apps_Deployment: |
    return {status = "Fine"}
  resource.customizations.actions.example.org_Thing: |
    discovery.lua: return {grow = {params = {{name = "by"}}}, rest = {disabled = true}}
    definitions:
    - name: grow
      action.lua: |
        obj.spec.size = obj.spec.size + tonumber(actionParams.by)
        return obj
    - name: rest
      action.lua: return obj
  resource.customizations.actions.apps_Deployment: |
    mergeBuiltinActions: true
    discovery.lua: return {hello = {}}
    definitions:
    - name: hello
      action.lua: |
        return {{operation = "create", resource = {apiVersion = "v1", kind = "ConfigMap", metadata = {name = "x"}}}}
"""


@pytest.fixture
def objects(tmp_path: Path) -> str:
    file = tmp_path / "objects.yaml"
    file.write_text(OBJECTS)
    return str(file)


@pytest.fixture
def settings(tmp_path: Path) -> str:
    file = tmp_path / "argocd-cm.yaml"
    file.write_text(SETTINGS)
    return str(file)


def run(*words: str) -> None:
    command_line(words[0])(list(words), standalone_mode=False)


def answers(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    run(*words, "-o", "json")
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def refusal(*words: str) -> str:
    with pytest.raises(Blocked) as caught:
        run(*words)
    return caught.value.message


def test_one_answer_an_object(objects: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answers(capsys, "health", "-f", objects)
    assert found[0] == {
        "group": "apps",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "status": "Healthy",
        "message": "",
    }
    assert [(item["kind"], item["status"]) for item in found[1:]] == [("ConfigMap", None), ("Thing", None)]


def test_scripts_win_over_our_own_checks(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    deployment, _, thing = answers(capsys, "health", "-f", objects, "--config", settings)
    assert (thing["status"], thing["message"]) == ("Healthy", "GOOD")
    assert deployment["status"] == "Unknown"
    assert "the script gave the status 'Fine'" in deployment["message"]


def test_a_table_for_people(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("health", "-f", objects)
    assert capsys.readouterr().out.splitlines()[:2] == [
        "GROUP        KIND        NAMESPACE  NAME  STATUS   MESSAGE",
        "apps         Deployment  shop       web   Healthy  -",
    ]
    run("actions", "list", "-f", objects, "--config", settings)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "example.org  Thing       -          t     grow     false     by",
        "example.org  Thing       -          t     rest     true      -",
    ]


def test_actions_that_are_offered(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    deployment, config_map, thing = answers(capsys, "actions", "list", "-f", objects, "--config", settings)
    assert [action["name"] for action in deployment["actions"]] == ["restart", "pause", "resume", "scale", "hello"]
    assert config_map["actions"] == []
    assert thing["actions"] == [{"name": "grow", "params": [{"name": "by"}]}, {"name": "rest", "disabled": True}]


def test_an_action_of_a_script(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("actions", "run", "grow", "-f", objects, "--config", settings, "--param", "by=2")
    (found,) = answers(capsys, *words)
    assert found["changes"][0]["operation"] == "patch"
    assert found["changes"][0]["resource"]["spec"] == {"size": 5, "box": {}}


def test_an_action_that_creates(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = answers(capsys, "actions", "run", "hello", "-f", objects, "--config", settings)
    assert [change["operation"] for change in found["changes"]] == ["create"]


def test_an_action_of_our_own(objects: str, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("actions", "run", "scale", "-f", objects, "--config", settings, "--param", "replicas=7")
    (found,) = answers(capsys, *words)
    assert found["changes"][0]["resource"]["spec"]["replicas"] == 7


def test_errors_name_the_file_and_the_document(objects: str, settings: str, tmp_path: Path) -> None:
    run_action = ("actions", "run", "-f", objects, "--config", settings)
    assert refusal(*run_action, "rest") == (
        f"{objects}#3.2: the action 'rest' is disabled in the object's present state"
    )
    assert refusal(*run_action, "grow", "--param", "by=x").startswith(f"{objects}#3.2: resource.customizations.")
    assert refusal(*run_action, "scale", "--param", "replicas=x") == f"{objects}#1: invalid number: x"
    assert refusal(*run_action, "explode") == f"no object in {objects} has the action 'explode'"
    assert refusal(*run_action, "grow", "--param", "by") == "--param by: is no name=value"
    broken = tmp_path / "broken.yaml"
    broken.write_text("- 1\n---\nkind: Thing\n---\napiVersion: v1\n---\napiVersion: v1\nkind: A\nmetadata: 1\n")
    assert refusal("health", "-f", str(broken)).splitlines() == [
        f"{broken}#1: is no object",
        f"{broken}#2: has no apiVersion",
        f"{broken}#3: has no kind",
        f"{broken}#4: metadata is no mapping",
    ]
    broken.write_text("a: [")
    assert refusal("health", "-f", str(broken)).startswith(f"{broken}: invalid YAML: line 2, column 1: ")


def test_errors_name_the_key_of_the_settings(objects: str, tmp_path: Path) -> None:
    bad = tmp_path / "cm.yaml"
    bad.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
        "data: {resource.customizations.health.a_b_c: x}\n"
    )
    assert refusal("health", "-f", objects, "--config", str(bad)).startswith(
        f"{bad}: argocd-cm: resource.customizations.health.a_b_c: "
    )
    bad.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")
    assert refusal("health", "-f", objects, "--config", str(bad)) == f"{bad}: holds no ConfigMap argocd-cm"
