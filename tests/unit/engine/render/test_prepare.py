"""From a request to a job: which tool, which path, which overrides, and when two renders are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from holdfast.adapters.rendering.local_tree import LocalTree
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.prepare import identity, may_import, prepare
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import DirectoryOptions, HelmOptions, HelmParameter, KustomizeOptions

MakeTree = Callable[[Mapping[str, str]], FileTree]
MakeRequest = Callable[..., RenderRequest]
CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app/Chart.yaml": CHART}, HelmJob),
        ({"app/kustomization.yaml": ""}, KustomizeJob),
        ({"app/kustomization.yml": ""}, KustomizeJob),
        ({"app/Kustomization": ""}, KustomizeJob),
        ({"app/Chart.yaml": CHART, "app/kustomization.yaml": ""}, HelmJob),
        ({"app/a.yaml": ""}, DirectoryJob),
    ],
)
def test_the_folder_says_which_tool(
    make_tree: MakeTree, make_request: MakeRequest, files: dict[str, str], expected: type
) -> None:
    assert isinstance(prepare(make_tree(files), make_request("app")), expected)


def test_the_source_says_it_first(make_tree: MakeTree, make_request: MakeRequest) -> None:
    tree = make_tree({"app/Chart.yaml": CHART})
    assert isinstance(prepare(tree, make_request("app", directory=DirectoryOptions())), DirectoryJob)


@pytest.mark.parametrize(
    ("source", "reason", "message"),
    [
        ({"path": "nothing"}, "PathNotFound", "path 'nothing' does not exist in https://git.example/shop.git at revision 0123456: correct spec.source.path or targetRevision"),
        ({"path": "app/Chart.yaml"}, "PathNotFound", "path 'app/Chart.yaml' is a file: spec.source.path must name a folder"),
        ({"path": "../other"}, "PathEscapes", "'../other' leads out of the repository: use a path inside the repository"),
        ({"path": "/etc"}, "PathEscapes", "path '/etc' must be relative to the root of the repository"),
        ({"path": "out"}, "PathEscapes", "'out' is a symlink to /etc, which is outside the repository: use a path inside the repository"),
        ({"path": "app", "helm": HelmOptions(), "kustomize": KustomizeOptions()}, "SourceUnsupported", "the source is said to be kustomize, helm: keep only one of these fields"),
        ({"path": "docs", "helm": HelmOptions()}, "ChartInvalid", "docs/Chart.yaml is missing: the source is said to be a Helm chart"),
        ({"path": "docs", "kustomize": KustomizeOptions()}, "KustomizeFailed", "docs holds no kustomization.yaml"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_rendered_is_told_why(
    make_tree: MakeTree, make_request: MakeRequest, source: dict[str, object], reason: str, message: str
) -> None:
    tree = make_tree({"app/Chart.yaml": CHART, "docs/a.md": "", "out": "-> /etc"})
    with pytest.raises(Blocked) as caught:
        prepare(tree, make_request(**source))
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_the_repository_overrides_parameters_for_all_and_for_one_application(
    make_tree: MakeTree, make_request: MakeRequest
) -> None:
    tree = make_tree(
        {
            "app/Chart.yaml": CHART,
            "app/.argocd-source.yaml": "helm:\n  releaseName: all\n  parameters:\n  - {name: a, value: '1'}\nrepoURL: x\npath: y\n",
            "app/.argocd-source-shop.yaml": "helm:\n  releaseName: one\n",
        }
    )
    mine = prepare(tree, make_request("app", helm=HelmOptions(parameters=(HelmParameter(name="b", value="2"),))))
    other = prepare(tree, make_request("app", app_name="other"))
    assert isinstance(mine, HelmJob)
    assert isinstance(other, HelmJob)
    assert (mine.release_name, other.release_name) == ("one", "all")
    assert [parameter.name for parameter in mine.values.parameters] == ["a"]
    assert mine.chart.path == "app"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("helm: [", "app/.argocd-source.yaml: line 2"),
        ("- a", "app/.argocd-source.yaml: a mapping of the source's fields is expected"),
        ("helm: {releaseName: 5}", "app/.argocd-source.yaml: Expected `str`, got `int` - at `$.helm.releaseName`"),
    ],
)
def test_a_bad_override_is_named(make_tree: MakeTree, make_request: MakeRequest, text: str, message: str) -> None:
    with pytest.raises(Blocked) as caught:
        prepare(make_tree({"app/Chart.yaml": CHART, "app/.argocd-source.yaml": text}), make_request("app"))
    assert caught.value.message.startswith(message)


class TestIdentity:
    FILES: ClassVar = {
        "app/Chart.yaml": CHART + "dependencies: [{name: lib, version: 1.x.x, repository: 'file://../lib'}]\n",
        "app/templates/a.yaml": "a",
        "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.2.3\n",
        "lib/templates/_x.tpl": "x",
        "values/prod.yaml": "a: 1",
        "other/b.yaml": "b",
    }
    OPTIONS = HelmOptions(
        value_files=("../values/prod.yaml",), parameters=(HelmParameter(name="n", value="$ARGOCD_APP_NAME"),)
    )

    def of(self, tree: FileTree, request: RenderRequest) -> str:
        return identity(tree, prepare(tree, request), request)

    @pytest.mark.parametrize("path", ["app/templates/a.yaml", "lib/templates/_x.tpl", "values/prod.yaml"])
    def test_what_is_read_matters(
        self, make_tree: MakeTree, make_request: MakeRequest, tmp_path: Path, path: str
    ) -> None:
        tree, request = make_tree(self.FILES), make_request("app", helm=self.OPTIONS)
        before = self.of(tree, request)
        (tmp_path / path).write_text("c: 2")
        assert self.of(LocalTree(tmp_path, tree.revision), request) != before

    def test_what_is_not_read_does_not_matter(
        self, make_tree: MakeTree, make_request: MakeRequest, tmp_path: Path
    ) -> None:
        tree, request = make_tree(self.FILES), make_request("app", helm=self.OPTIONS)
        before = self.of(tree, request)
        (tmp_path / "other/b.yaml").write_text("c: 2")
        assert self.of(LocalTree(tmp_path, tree.revision), request) == before

    def test_the_revision_matters_only_to_those_who_use_it(
        self, make_tree: MakeTree, make_request: MakeRequest
    ) -> None:
        tree = make_tree(self.FILES)

        def both(options: HelmOptions) -> set[str]:
            request = make_request("app", helm=options)
            later = msgspec.structs.replace(request.location, commit="f" * 40)
            return {self.of(tree, request), self.of(tree, msgspec.structs.replace(request, location=later))}

        assert len(both(self.OPTIONS)) == 1
        uses = HelmOptions(parameters=(HelmParameter(name="tag", value="${ARGOCD_APP_REVISION_SHORT}"),))
        assert len(both(uses)) == 2

    def test_the_cluster_matters_to_helm_and_not_to_plain_manifests(
        self, make_tree: MakeTree, make_request: MakeRequest
    ) -> None:
        tree = make_tree(self.FILES)

        def both(path: str) -> set[str]:
            request = make_request(path)
            return {self.of(tree, request), self.of(tree, msgspec.structs.replace(request, kube_version="v1.30.0"))}

        assert len(both("app")) == 2
        assert len(both("other")) == 1


def test_a_render_with_jsonnet_off_is_another_one_that_imports_nothing(
    make_tree: MakeTree, make_request: MakeRequest
) -> None:
    tree, asked = make_tree({"app/a.jsonnet": "{}", "app/b.yaml": ""}), make_request("app")
    off = msgspec.structs.replace(asked, settings={"jsonnet.enable": "false"})
    assert may_import(tree, prepare(tree, asked))
    assert not may_import(tree, prepare(tree, off))
    assert identity(tree, prepare(tree, asked), asked) != identity(tree, prepare(tree, off), off)
