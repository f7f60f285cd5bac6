"""What Argo CD and Helm do with repositories and charts, case by case: done here, done elsewhere, or left out with the
reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.refs import is_full_commit
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.repository import RepositoryAccess
from holdfast.model.source_options import HelmOptions
from holdfast.runtime.clock import SystemClock
from tests.replay import cases
from tests.unit.adapters.git.origin import Origin

FILES: Final = ("09-git.jsonl", "09-helm.jsonl", "09-discovery.jsonl", "10-helm-template.jsonl")

HERE: Final = {
    "git_test.go:TestAnnotatedTagHandling#LsRemote1",
    "git_test.go:TestAnnotatedTagHandling#IsCommitSHA1",
    "git_test.go:TestAnnotatedTagHandling#LsRefs1",
    "helm_test.go:TestSkipTests#kube.SplitYAML1",
    "helm_test.go:TestSkipTests#kube.SplitYAML2",
    "helm_test.go:TestSkipTests#kube.SplitYAML3",
    "template_test.go:check library chart",
}

LEFT_OUT: Final = {
    "NewClientExt": "makes a client object of theirs; nothing is asked",
    "Init": "prepares a work tree of theirs; nothing is asked",
    "TestLsFilesForGitFileGeneratorGlobbingPatterns": "which files the Git generator of an ApplicationSet takes: no such "
    "generator is here, and a source names folders",
    "TestLFSClient": "reads a repository on the internet; tests/unit/adapters/git/test_lfs.py asks a server of its own",
    "dependencyBuild": "flags of a helm command line; no such program is started, `insecure` and `insecureOCIForceHttp` "
    "reach our own client",
    "Test_cmd_redactor": "hides passwords in a helm command line; no such program is started",
    "AzureContainerRegistry": "signs in to Azure by workload identity, which is not supported",
    "AccessTokenAfterChallenge": "signs in to Azure by workload identity, which is not supported",
    "GetPassword": "signs in to Azure by workload identity, which is not supported",
    "TestHelmGetParams": "the chart is not in the data, and the list of a chart's default parameters is not offered",
    "TestSkipTests#NewHelmApp": "makes an object of theirs; nothing is asked",
    "TestLoadRepoIndexUsesHTTP2": "our client speaks HTTP/1.1, which every server of charts does",
    "Test_cmpSupports": "dials the socket of a plugin: not a question of Git or Helm; the tests of plugins dial their own",
    "lint_test.go": "helm lint is not offered",
    "show_test.go": "completion of the helm command line",
    "completion for template": "completion of the helm command line",
    "check name template": "--name-template is no field of an Application",
    "sorted output of manifests": "the chart is not in the data; the order of objects is the sync's (waves, kinds, names)",
    "template skip-tests": "the chart is not in the data; the same field is tested here on a chart of our own",
}


def _known() -> list[dict[str, Any]]:
    return [case for file in FILES for case in cases.load(file)]


def test_every_case_is_done_or_left_out_for_a_reason() -> None:
    ids = [str(case["id"]) for case in _known()]
    loose = [one for one in ids if one not in HERE and not any(part in one for part in LEFT_OUT)]
    assert loose == []
    assert set(ids) >= HERE
    assert [part for part in LEFT_OUT if not any(part in one for one in ids)] == []


@pytest.mark.real_time
async def test_an_annotated_tag_is_its_commit(tmp_path: Path) -> None:
    """TestAnnotatedTagHandling, on a repository of our own."""
    origin = Origin(tmp_path / "origin")
    commit = origin.commit(a="1")
    origin.git("tag", "--annotate", "v1.0.0", "--message", "first")
    subject = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=GitLimits(share_seconds=0))
    try:
        found = await subject.resolve(RepositoryAccess(origin.url), "v1.0.0")
    finally:
        await subject.close()
    assert found == commit
    assert is_full_commit(found)


async def _rendered(folder: Path, chart: str, options: HelmOptions) -> RenderResult:
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text(chart)
    for name, hook in (("plain", ""), ("probe", 'annotations: {"helm.sh/hook": test}')):
        pod = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  {hook}\n"
        (folder / "templates" / f"{name}.yaml").write_text(pod)
    request = RenderRequest(
        location=TreeLocation(str(folder), "0" * 40),
        source=ApplicationSource(path=".", helm=options),
        app_name="web",
        app_namespace="argocd",
        project="default",
        namespace="shop",
        kube_version="v1.37.2",
    )
    return await InlineRenderer(open_local_tree).render(request)


@pytest.mark.parametrize(("skip", "names"), [(False, {"plain", "probe"}), (True, {"plain"})])
async def test_tests_of_a_chart_are_left_out_on_request(tmp_path: Path, skip: bool, names: set[str]) -> None:
    """TestSkipTests, on a chart of our own."""
    result = await _rendered(tmp_path, "apiVersion: v2\nname: a\nversion: 1.0.0\n", HelmOptions(skip_tests=skip))
    assert {obj["metadata"]["name"] for obj in result.objects} == names


async def test_a_library_is_not_rendered_by_itself(tmp_path: Path) -> None:
    """Helm's "check library chart", on a chart of our own."""
    with pytest.raises(Blocked, match="is a library chart"):
        await _rendered(tmp_path, "apiVersion: v2\nname: a\nversion: 1.0.0\ntype: library\n", HelmOptions())
