"""Whatever a kustomization or a Jsonnet program names, it is read from the repository or refused."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.rendering.jsonnet_program import evaluate
from holdfast.adapters.rendering.local_tree import LocalTree
from holdfast.engine.render import directory, kustomize, paths
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.tool_settings import KustomizeBuild
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RenderLimits

PIECES = [
    "..",
    ".",
    "",
    "a",
    "b",
    "link",
    "up",
    "secret",
    "out",
    "http:",
    "HTTPS:",
    "x=",
    "\\",
    "~",
    "é",
    "a\n",
    "git@h:x",
    "file:",
    "?ref=a",
]
NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("/".join)
FIELDS = ["resources", "bases", "components", "generators", "transformers", "validators", "crds", "configurations", "patchesStrategicMerge", "patches", "patchesJson6902", "replacements", "configMapGenerator", "secretGenerator", "openapi", "Resources", "helmCharts", "odd"]  # fmt: skip
VALUES: st.SearchStrategy[Any] = (
    st.none() | NAMES | st.lists(NAMES | st.integers(), max_size=3)
    | st.lists(st.fixed_dictionaries({}, optional={"path": NAMES, "files": st.lists(NAMES, max_size=2), "envs": st.lists(NAMES, max_size=2), "env": NAMES}), max_size=2)
)  # fmt: skip
KUSTOMIZATIONS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4)


def repository(root: Path, app: dict[str, str]) -> LocalTree:
    (root / "secret").write_text("hunter2")
    inner = root / "repository"
    for name, text in {**app, "a/a": "a: b", "b": "1", "a/kustomization.yaml": "resources: [../b]"}.items():
        target = inner / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for link, target_text in {
        "link": "a",
        "up": "..",
        "out": "../secret",
        "app/link": "../a",
        "app/out": "../../secret",
    }.items():
        (inner / link).symlink_to(target_text)
    return LocalTree(inner, "0" * 40)


@given(KUSTOMIZATIONS, KUSTOMIZATIONS)
def test_a_build_is_given_files_of_the_repository_alone(said: dict[str, Any], other: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        tree = repository(
            Path(name), {"app/kustomization.yaml": json.dumps(said), "a/b/kustomization.yaml": json.dumps(other)}
        )
        try:
            found = kustomize.closure(tree, KustomizeJob("app", "app/kustomization.yaml"))
        except Blocked:
            return
        for path, source in found.files.items():
            assert ".." not in path.split("/")
            assert "hunter2" not in tree.read(source).decode()
        listed = said.get("resources")
        assert not any(
            "://" in entry for entry in (listed if isinstance(listed, list) else ()) if isinstance(entry, str)
        )


CHARTS = st.lists(
    st.dictionaries(
        st.sampled_from(["name", "Name", "version", "repo", "valuesFile", "additionalValuesFiles", "valuesInline", "chartHome", "odd"]),
        NAMES | st.lists(NAMES, max_size=2) | st.none() | st.integers() | st.dictionaries(NAMES, NAMES, max_size=2),
        max_size=5,
    ),
    max_size=2,
)  # fmt: skip
BUILDS = st.fixed_dictionaries(
    {"helmCharts": CHARTS},
    optional={"helmGlobals": st.fixed_dictionaries({"chartHome": NAMES}), "helmChartInflationGenerator": CHARTS},
)


@given(BUILDS)
def test_charts_and_their_values_are_of_the_repository_alone(said: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        tree = repository(Path(name), {"app/kustomization.yaml": json.dumps(said)})
        with suppress(Blocked):
            job = kustomize.prepare(tree, "app", None, {}, KustomizeBuild(inflates=True))
            assert "hunter2" not in msgspec.json.encode(job).decode()
            for one in job.inflations:
                assert (one.location, ".." in one.path.split("/")) == (None, False)
                assert all("hunter2" not in tree.read(file.path).decode() for file in paths.files_below(tree, one.path))


@given(st.sampled_from(["import", "importstr", "importbin"]), NAMES)
def test_an_import_is_of_the_repository_or_refused(how: str, wanted: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        tree = repository(Path(name), {"app/a.jsonnet": f"local x = {how} {json.dumps(wanted)}; error std.toString(x)"})
        with pytest.raises(Blocked) as caught:
            directory.render(tree, DirectoryJob("app"), RenderLimits(), evaluate)
        assert "hunter2" not in caught.value.message
        assert caught.value.reason in ("PathEscapes", "PathNotFound", "TemplateError")
