"""A folder with Jsonnet programs is rendered again exactly when what its programs read has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from holdfast.adapters.rendering.cache import MOST_LOOKUPS, RenderCache
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.perform import perform
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.source_options import DirectoryOptions, JsonnetOptions
from tests.unit.adapters.rendering.conftest import MakeRequest

CONFIG = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: %s } }"
FILES = {
    "app/a.jsonnet": CONFIG % "import 'names.libsonnet'",
    "vendor/names.libsonnet": "import 'deep/name.txt.libsonnet'",
    "vendor/deep/name.txt.libsonnet": "'from vendor'",
    "other/a.yaml": "a: 1",
}
LIBS = DirectoryOptions(jsonnet=JsonnetOptions(libs=("first", "vendor")))
PLAIN = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}"


class CountingPool(RenderPool):
    """Counts renders, and does them itself."""

    renders = 0

    async def _ask(self, request: RenderRequest) -> RenderResult:
        self.renders += 1
        return perform(open_local_tree, request, None)


@pytest.fixture
def pool(tmp_path: Path) -> CountingPool:
    return CountingPool(open_local_tree, cache=RenderCache(tmp_path / "cache"))


def at(request: RenderRequest, commit: str) -> RenderRequest:
    return structs.replace(request, location=TreeLocation(request.location.repository, commit * 40))


@pytest.mark.parametrize(
    ("changes", "renders", "value"),
    [
        pytest.param({"other/a.yaml": "a: 2", "new/b.yaml": "b"}, 1, "from vendor", id="elsewhere"),
        pytest.param({"vendor/unused.libsonnet": "'x'"}, 1, "from vendor", id="beside an import"),
        pytest.param({"app/unused.libsonnet": "'x'"}, 1, "from vendor", id="beside the program"),
        pytest.param({"vendor/deep/name.txt.libsonnet": "'changed'"}, 2, "changed", id="what an import imports"),
        pytest.param({"vendor/names.libsonnet": "'changed'"}, 2, "changed", id="an import"),
        pytest.param({"first/names.libsonnet": "'found first'"}, 2, "found first", id="earlier in the libraries"),
        pytest.param({"app/names.libsonnet": "'found first'"}, 2, "found first", id="beside the program, before all"),
        pytest.param(
            {"first/names.libsonnet": "-> ../other/linked.libsonnet", "other/linked.libsonnet": "'by a link'"},
            2,
            "by a link",
            id="a link that is found first",
        ),
    ],
)
async def test_only_what_programs_read_or_look_for_counts(
    make_request: MakeRequest, pool: CountingPool, changes: dict[str, str], renders: int, value: str
) -> None:
    before = make_request(FILES, directory=LIBS)
    assert (await pool.render(before)).objects[0]["data"]["a"] == "from vendor"
    after = at(make_request(changes, directory=LIBS), "b")
    app = NamespacedName("argocd", "shop")
    listed = any(path.startswith("app/") for path in changes)  # the folder of the source is looked through
    unchanged = await pool.unchanged({app: before.location.commit}, after.location)
    assert unchanged == {app: renders == 1 and not listed}
    result = await pool.render(after)
    assert (result.objects[0]["data"]["a"], pool.renders) == (value, renders)
    assert result.objects == (await InlineRenderer(open_local_tree).render(after)).objects


@pytest.mark.real_time
async def test_what_was_learnt_outlives_the_process(make_request: MakeRequest, tmp_path: Path) -> None:
    request, app = make_request(FILES, directory=LIBS), NamespacedName("argocd", "shop")
    first = RenderPool(open_local_tree, workers=1, cache=RenderCache(tmp_path / "cache"))
    try:
        result = await first.render(request)
    finally:
        await first.close()
    second = CountingPool(open_local_tree, cache=RenderCache(tmp_path / "cache"))
    assert await second.render(request) == result
    assert await second.unchanged({app: request.location.commit}, request.location) == {app: True}
    assert second.renders == 0


async def test_branches_whose_imports_differ_do_not_push_one_another_out(
    make_request: MakeRequest, pool: CountingPool, tmp_path: Path
) -> None:
    main = make_request(FILES, directory=LIBS)
    branch = make_request(FILES | {"vendor/names.libsonnet": "import 'more.libsonnet'", "vendor/more.libsonnet": "'b'"})
    other = tmp_path / "branch"
    (tmp_path / "repository").rename(other)
    branch = structs.replace(branch, location=TreeLocation(str(other), "b" * 40), source=main.source)
    make_request(FILES, directory=LIBS)
    for _ in range(3):
        found = [(await pool.render(one)).objects[0]["data"]["a"] for one in (main, branch)]
        assert found == ["from vendor", "b"]
    assert pool.renders == 2


async def test_a_program_that_fails_is_tried_again_and_then_known(
    make_request: MakeRequest, pool: CountingPool
) -> None:
    broken = make_request({**FILES, "vendor/deep/name.txt.libsonnet": "error 'no'"}, directory=LIBS)
    for _ in range(2):
        with pytest.raises(Blocked, match="no"):
            await pool.render(broken)
    mended = at(make_request({"vendor/deep/name.txt.libsonnet": "'x'"}, directory=LIBS), "b")
    for _ in range(2):
        await pool.render(mended)
    assert pool.renders == 3


@pytest.mark.parametrize(
    ("options", "changes", "renders"),
    [
        pytest.param({}, {"app/b.yaml": PLAIN % "b"}, 2, id="a new manifest"),
        pytest.param({}, {"app/notes.txt": "x"}, 1, id="no manifest"),
        pytest.param({}, {"app/deep/b.yaml": PLAIN % "b"}, 1, id="below, not looked at"),
        pytest.param({"recurse": True}, {"app/deep/b.yaml": PLAIN % "b"}, 2, id="below"),
        pytest.param({"include": "{a,b}.yaml"}, {"app/b.yaml": PLAIN % "b"}, 2, id="included"),
        pytest.param({"include": "{a,b}.yaml"}, {"app/c.yaml": PLAIN % "c"}, 1, id="not included"),
        pytest.param({"exclude": "c*"}, {"app/b.yaml": PLAIN % "b"}, 2, id="not excluded"),
        pytest.param({"exclude": "c*"}, {"app/c.yaml": PLAIN % "c"}, 1, id="excluded"),
    ],
)
async def test_a_new_file_of_a_plain_folder_counts_when_it_is_a_manifest(
    make_request: MakeRequest, pool: CountingPool, options: dict[str, str], changes: dict[str, str], renders: int
) -> None:
    directory = DirectoryOptions(**options)  # type: ignore[arg-type]
    before = make_request({"app/a.yaml": PLAIN % "a"}, directory=directory)
    await pool.render(before)
    after = at(make_request(changes, directory=directory), "b")
    if renders == 2:
        app = NamespacedName("argocd", "shop")
        assert await pool.unchanged({app: before.location.commit}, after.location) == {app: False}
    assert len((await pool.render(after)).objects) == renders
    assert pool.renders == renders


def test_the_latest_lookups_come_first_and_their_number_is_bounded(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    for number in (*range(MOST_LOOKUPS + 3), 5):
        cache.learn("k", (f"path {number}",))
    assert cache.lookups("k")[:2] == (("path 5",), (f"path {MOST_LOOKUPS + 2}",))
    assert len(cache.lookups("k")) == MOST_LOOKUPS
