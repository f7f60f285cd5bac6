"""The changes that a source asks for, and what a build may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import kustomize
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.kustomize_edits import edited
from holdfast.engine.render.prepare import prepare
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import KustomizeOptions, KustomizePatch, KustomizeReplica, KustomizeSelector

MakeTree = Callable[[Mapping[str, str]], FileTree]
VARIABLES = {"ARGOCD_APP_NAME": "shop"}


@pytest.mark.parametrize(
    ("said", "options", "expected"),
    [
        ({"namePrefix": "a-"}, {"name_prefix": "b-", "name_suffix": "-z", "namespace": "n"}, {"namePrefix": "b-", "nameSuffix": "-z", "namespace": "n"}),
        ({"images": [{"name": "nginx", "newTag": "1"}]}, {"images": ("nginx:2", "a/b@sha256:0", "old=new/x:3")},
         {"images": [{"name": "nginx", "newTag": "2"}, {"name": "a/b", "digest": "sha256:0"}, {"name": "old", "newName": "new/x", "newTag": "3"}]}),
        ({}, {"images": ("reg.example:5000/a/b:7",)}, {"images": [{"name": "reg.example:5000/a/b", "newTag": "7"}]}),
        ({"replicas": [{"name": "web", "count": 1}]}, {"replicas": (KustomizeReplica(name="web", count="3"),)}, {"replicas": [{"name": "web", "count": 3}]}),
        ({"commonLabels": {"a": "1"}}, {"common_labels": {"app": "$ARGOCD_APP_NAME"}}, {"commonLabels": {"a": "1", "app": "shop"}}),
        ({"commonLabels": {"a": "1"}}, {"common_labels": {"a": "2"}, "force_common_labels": True}, {"commonLabels": {"a": "2"}}),
        ({}, {"common_labels": {"a": "2"}, "label_without_selector": True, "label_include_templates": True}, {"labels": [{"pairs": {"a": "2"}, "includeTemplates": True}]}),
        ({}, {"common_annotations": {"a": "$ARGOCD_APP_NAME"}}, {"commonAnnotations": {"a": "$ARGOCD_APP_NAME"}}),
        ({}, {"common_annotations": {"a": "$ARGOCD_APP_NAME"}, "common_annotations_envsubst": True}, {"commonAnnotations": {"a": "shop"}}),
        ({"patches": [{"path": "p.yaml"}]}, {"patches": (KustomizePatch(patch="x", target=KustomizeSelector(kind="Deployment"), options={"allowNameChange": True}),)},
         {"patches": [{"path": "p.yaml"}, {"patch": "x", "target": {"kind": "Deployment"}, "options": {"allowNameChange": True}}]}),
        ({"components": ["../a"]}, {"components": ("../a", "../b")}, {"components": ["../a", "../b"]}),
        ({}, {"components": ("../a", "../none"), "ignore_missing_components": True}, {"components": ["../a"]}),
        ({"unknown": 1}, {}, {"unknown": 1}),
    ],
)  # fmt: skip
def test_edits(said: dict[str, Any], options: dict[str, Any], expected: dict[str, Any]) -> None:
    assert edited(said, KustomizeOptions(**options), VARIABLES, {"../a", "../b"}) == expected


@pytest.mark.parametrize(
    ("said", "options", "message"),
    [
        ({"commonLabels": {"a": "1"}}, {"common_labels": {"a": "2"}}, "label a is already in the kustomization: set kustomize.forceCommonLabels to replace it"),
        ({"commonAnnotations": {"a": "1"}}, {"common_annotations": {"a": "2"}}, "annotation a is already in the kustomization: set kustomize.forceCommonAnnotations to replace it"),
        ({}, {"replicas": (KustomizeReplica(name="a", count="many"),)}, "kustomize.replicas: expected integer value for count. Received: many"),
        ({}, {"images": ("=x",)}, "kustomize.images: '=x' is not name, name:tag, name@digest or old=new"),
    ],
)  # fmt: skip
def test_edits_that_cannot_be_made(said: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(Blocked) as caught:
        edited(said, KustomizeOptions(**options), VARIABLES, ())
    assert caught.value.message == message


def test_a_source_without_changes_leaves_the_file_as_it_is(make_tree: MakeTree) -> None:
    tree = make_tree({"app/kustomization.yaml": "resources: [a.yaml]"})
    assert kustomize.prepare(tree, "app", KustomizeOptions(), {}) == KustomizeJob("app", "app/kustomization.yaml")


def test_a_version_that_is_not_there_is_refused(make_tree: MakeTree) -> None:
    tree = make_tree({"app/kustomization.yaml": ""})
    source = ApplicationSource(path="app", kustomize=KustomizeOptions(version="v1.2.3"))
    request = RenderRequest(TreeLocation("r", "c"), source, "a", "argocd", "default", "n", "v1.30.0")
    with pytest.raises(Blocked, match=r"kustomize.version v1.2.3: no such version is registered"):
        prepare(tree, request)


def test_changes_are_written_into_a_copy(make_tree: MakeTree) -> None:
    tree = make_tree({"app/kustomization.yaml": "resources: [a.yaml]"})
    job = kustomize.prepare(tree, "app", KustomizeOptions(name_prefix="x-"), {})
    assert yaml_documents.load_one(job.text) == {"resources": ["a.yaml"], "namePrefix": "x-"}


def test_the_closure_follows_every_kustomization(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "over/kustomization.yaml": "resources: [../base, own.yaml]\ncomponents: [../part]\npatches: [{path: p.yaml}]\n"
            "configMapGenerator: [{name: c, files: [k=data/c.txt, d.txt], envs: [e.env]}]\n",
            "over/own.yaml": "",
            "over/p.yaml": "",
            "over/data/c.txt": "",
            "over/d.txt": "",
            "over/e.env": "",
            "over/unused.yaml": "",
            "base/kustomization.yml": "resources: [a.yaml]",
            "base/a.yaml": "-> ../shared.yaml",
            "shared.yaml": "",
            "part/Kustomization": "kind: Component",
            "other/x.yaml": "",
        }
    )
    found = kustomize.closure(tree, KustomizeJob("over", "over/kustomization.yaml"))
    assert not found.whole
    assert sorted(found.files) == [
        "base/a.yaml", "base/kustomization.yml", "over/d.txt", "over/data/c.txt", "over/e.env", "over/kustomization.yaml",
        "over/own.yaml", "over/p.yaml", "part/Kustomization",
    ]  # fmt: skip
    assert found.files["base/a.yaml"] == "shared.yaml"


@pytest.mark.parametrize("text", ["generators: [g.yaml]", "futureField: [x]"])
def test_what_may_name_any_file_takes_the_whole_repository(make_tree: MakeTree, text: str) -> None:
    tree = make_tree({"app/kustomization.yaml": text, "app/g.yaml": ""})
    assert kustomize.closure(tree, KustomizeJob("app", "app/kustomization.yaml")).whole


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        ("resources: ['https://github.com/a/b//c?ref=v1']", "KustomizeFailed", "app/kustomization.yaml: resources: 'https://github.com/a/b//c?ref=v1' is remote, and builds have no network: copy it into the repository"),
        ("bases: ['github.com/a/b']", "KustomizeFailed", "app/kustomization.yaml: bases: 'github.com/a/b' is remote, and builds have no network: copy it into the repository"),
        ("BASES: ['github.com/a/b']", "KustomizeFailed", "app/kustomization.yaml: bases: 'github.com/a/b' is remote, and builds have no network: copy it into the repository"),
        ("resources: [a.yaml]\nResources: [b.yaml]", "KustomizeFailed", "app/kustomization.yaml: resources stands there more than once, as Resources too"),
        ("resources: ['git@x.example:a/b.git']", "KustomizeFailed", "app/kustomization.yaml: resources: 'git@x.example:a/b.git' is remote, and builds have no network: copy it into the repository"),
        ("resources: [gone.yaml]", "KustomizeFailed", "app/kustomization.yaml: resources: 'gone.yaml' does not exist (app/gone.yaml)"),
        ("resources: [../../up]", "PathEscapes", "'../../up' leads out of the repository: use a path inside the repository"),
        ("components: [/etc]", "PathEscapes", "app/kustomization.yaml: '/etc' leads out of the repository: use a relative path"),
        ("secretGenerator: [{name: s, files: [/etc/passwd]}]", "PathEscapes", "app/kustomization.yaml: '/etc/passwd' leads out of the repository: use a relative path"),
        ("resources: [out]", "PathEscapes", "'app/out' is a symlink to /etc, which is outside the repository: use a path inside the repository"),
        ("a: b: c", "KustomizeFailed", "app/kustomization.yaml:1: mapping values are not allowed in this context"),
    ],
)  # fmt: skip
def test_what_is_outside_is_refused(make_tree: MakeTree, text: str, reason: str, message: str) -> None:
    tree = make_tree({"app/kustomization.yaml": text, "app/out": "-> /etc"})
    with pytest.raises(Blocked) as caught:
        kustomize.closure(tree, KustomizeJob("app", "app/kustomization.yaml"))
    assert (caught.value.reason, caught.value.message) == (reason, message)
