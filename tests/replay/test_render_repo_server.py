"""What Argo CD's repo server and Helm adapter do with a source, where the recorded case carries its files.

Left out of 09-reposerver: clients of Git and caches (GetGitDirectories, checkoutRevision, SetItem, …), which are other
rooms; getApplicationRootPath (the manifest-generate-paths annotation); GenerateManifest, findManifests and ListApps on
`testdata` trees that are not in the data. Left out of 09-helm: registries' tokens, index downloads and the redaction of
a command line, none of which we have; charts of `testdata` that are not in the data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.rendering.local_tree import LocalTree
from holdfast.engine.render import directory
from holdfast.engine.render.detect import source_type
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm.job import is_glob
from holdfast.model.application import ApplicationSource
from holdfast.model.rendering import RenderLimits
from tests.replay import cases

CASES = cases.load("09-reposerver.jsonl")


def called(name: str) -> list[dict[str, Any]]:
    return [case for case in CASES if case["fn"] == name]


@pytest.mark.parametrize("case", called("isGlobPath"), ids=lambda case: str(case["id"]))
def test_globs_of_values_files(case: dict[str, Any]) -> None:
    assert is_glob(case["args"][0]) is case["expect"][0]["value"]


@pytest.mark.parametrize("case", called("getPotentiallyValidManifests"), ids=lambda case: str(case["id"]))
def test_which_files_are_manifests(case: dict[str, Any], tmp_path: Path) -> None:
    for step in case["setup"]:
        if step["call"] == "os.WriteFile":
            (tmp_path / step["args"][0].removeprefix("<tmp>/")).write_text(step["args"][1])
    _, _, _, recurse, no_filter, include, exclude, _ = case["args"]
    job = DirectoryJob("", recurse, include, exclude, no_filter)
    tree = LocalTree(tmp_path, "0" * 40)
    assert len(directory.files(tree, job)) == case["expect"][1]["value"]
    warned = any(step["call"] == "logtest.NewNullLogger" for step in case["setup"])
    assert any("disableExtensionFilter" in note for note in directory.render(tree, job, RenderLimits()).notes) is warned


@pytest.mark.parametrize("case", called("GetAppSourceType"), ids=lambda case: str(case["id"]))
def test_kustomizations_are_recognised(case: dict[str, Any], tmp_path: Path) -> None:
    folder = case["args"][2].rpartition("/")[2]
    (tmp_path / folder).mkdir()
    (tmp_path / folder / folder.replace("_", ".")).write_text("resources: []")
    found = source_type(LocalTree(tmp_path, "0" * 40), folder, ApplicationSource())
    assert found.value == case["expect"][1]["value"]
