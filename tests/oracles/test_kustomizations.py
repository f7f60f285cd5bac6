"""Kustomizations give what the program makes of the whole repository, though Holdfast gives it only what a build reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.model.source_options import KustomizeOptions, KustomizePatch, KustomizeReplica, KustomizeSelector
from tests.oracles.conftest import Render, lay, ours
from tests.oracles.kustomizations import CASES, over


@pytest.fixture(autouse=True)
def _one_version_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another kubectl or kustomize of this machine would add its own differences."""
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize("name", CASES)
def test_every_field(name: str, kustomize: Render, tmp_path: Path) -> None:
    root = lay(CASES[name], tmp_path / "repository")
    theirs = kustomize(root / "app")
    assert theirs
    assert ours(root, "app") == theirs


OPTIONS = [
    (KustomizeOptions(name_prefix="a-", name_suffix="-z", namespace="n"), "namePrefix: a-\nnameSuffix: -z\nnamespace: 'n'\n"),
    (
        KustomizeOptions(images=("web=reg.example:5000/web:2", "side:3")),
        "images: [{name: web, newName: 'reg.example:5000/web', newTag: '2'}, {name: side, newTag: '3'}]\n",
    ),
    (KustomizeOptions(replicas=(KustomizeReplica(name="web", count="5"),)), "replicas: [{name: web, count: 5}]\n"),
    (KustomizeOptions(common_labels={"a": "b"}), "commonLabels: {a: b}\n"),
    (KustomizeOptions(common_labels={"a": "b"}, label_without_selector=True), "labels: [{pairs: {a: b}}]\n"),
    (
        KustomizeOptions(common_labels={"a": "b"}, label_without_selector=True, label_include_templates=True),
        "labels: [{pairs: {a: b}, includeTemplates: true}]\n",
    ),
    (KustomizeOptions(common_annotations={"on": "yes"}), "commonAnnotations: {\"on\": \"yes\"}\n"),
    (KustomizeOptions(components=("../part",)), "components: [../part]\n"),
    (
        KustomizeOptions(
            patches=(
                KustomizePatch(
                    patch="- {op: replace, path: /spec/replicas, value: 3}",
                    target=KustomizeSelector(kind="Deployment", name="web"),
                ),
            )
        ),
        "patches: [{target: {kind: Deployment, name: web}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 3}]'}]\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "written"), OPTIONS)
def test_the_sources_options_are_as_if_they_stood_in_the_file(
    options: KustomizeOptions, written: str, kustomize: Render, tmp_path: Path
) -> None:
    part = {"part/kustomization.yaml": CASES["components"]["part/kustomization.yaml"], "part/extra.yaml": CASES["components"]["part/extra.yaml"]}  # fmt: skip
    plain = lay({**over(""), **part}, tmp_path / "plain")
    changed = lay({**over(written), **part}, tmp_path / "changed")
    assert ours(plain, "app", kustomize=options) == kustomize(changed / "app")
