"""Kustomize's own trees, built through our way of building: what the build may read is found by ourselves."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.adapters.rendering import kustomize_tool
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.engine.lang import yaml_documents
from holdfast.engine.render.kustomize_edits import edited
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import KustomizeOptions
from tests.replay import cases

BUILDS = cases.load("10-kustomize.jsonl")
EDITS = [case for case in cases.load("09-kustomize.jsonl") if case["fn"] == "Build"]

LEFT_OUT = {
    "customconfig_test.go:TestCustomConfigWithDefaultOverspecification": "its base/config/defaults.yaml is not in the data",
    "inlinelabels_test.go:TestKustomizationLabelsInStatefulSetTemplateWithIncludeSelectorsTrue": (
        "asks for includeVolumeClaimTemplates, which the carried kustomize 5.8.1 lacks"
    ),
}
DIFFERENT_ON_PURPOSE = {
    "diamondcomposition_test.go:TestIssue1251_Patches_ProdVsDev": (
        "recorded without load restrictions; Argo CD and we keep kustomize's rule that patches are below their kustomization"
    ),
}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One known version for all: the carried program, not what happens to be installed."""
    folder = tmp_path_factory.mktemp("tools")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        try:
            kustomize_tool.find(folder)
        except Blocked:
            pytest.skip("no kustomize is carried for this machine")
    return folder


@pytest.mark.parametrize("case", BUILDS, ids=lambda case: str(case["id"]))
async def test_builds(case: dict[str, Any], tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := LEFT_OUT.get(case["id"]):
        pytest.skip(reason)
    monkeypatch.setenv("PATH", "/nowhere")
    for path, text in case["files"].items():
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    request = RenderRequest(
        location=TreeLocation(str(tmp_path), "0" * 40),
        source=ApplicationSource(repo_url="https://git.example/a.git", path=case["path"].lstrip("/")),
        app_name="app",
        app_namespace="argocd",
        project="default",
        namespace="default",
        kube_version="v1.31.0",
    )
    renderer = InlineRenderer(open_local_tree, tools=tools)
    if "yaml" not in case["expected"] or case["id"] in DIFFERENT_ON_PURPOSE:
        with pytest.raises(Blocked) as caught:
            await renderer.render(request)
        wanted = case["expected"].get("error")
        assert wanted in (None, True) or wanted in caught.value.message
        return
    expected = [document for document in yaml_documents.load_all(case["expected"]["yaml"]) if document is not None]
    # `kubectl kustomize` sorts by kind where the recorded builds keep the order of the files; syncing orders anew.
    assert counted((await renderer.render(request)).objects) == counted(expected)


def counted(objects: Any) -> Counter[str]:
    return Counter(json.dumps(obj, sort_keys=True) for obj in objects)


def option_fields(said: dict[str, Any]) -> KustomizeOptions:
    return msgspec.convert(said, KustomizeOptions)


# The recorded tree itself is not in the data; its kustomization has this label and this annotation.
KUSTOMIZATION = {"commonLabels": {"foo": "bar"}, "commonAnnotations": {"one": "two"}}


@pytest.mark.parametrize("case", EDITS, ids=lambda case: str(case["id"]))
def test_edits(case: dict[str, Any]) -> None:
    options = option_fields(case["args"][0])
    variables = {entry["name"]: entry["value"] for entry in case["args"][2] or []}
    wanted = case["expect"][0]
    if wanted["op"] == "NoError":
        edited(KUSTOMIZATION, options, variables, ())
        return
    with pytest.raises(Blocked) as caught:
        edited(KUSTOMIZATION, options, variables, ())
    if wanted["op"] == "EqualError":
        assert wanted["value"] in caught.value.message
