"""Copies of charts that several renders share."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from holdfast.adapters.rendering.chart_copies import LONGEST_SECONDS, ChartCopies, key_of
from holdfast.adapters.rendering.local_tree import LocalTree, open_local_tree
from holdfast.adapters.rendering.perform import perform
from holdfast.engine.render import paths
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.model.source_options import HelmOptions
from tests.oracles.charts import PUT_TOGETHER
from tests.unit.adapters.rendering.conftest import MakeRequest

CHART = "apiVersion: v2\nname: demo\nversion: 0.1.0\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ .Values.a | quote }}}\n"
SCHEMA = '{"type": "object", "properties": {"a": {"type": "string"}}}'


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Written:
    """Writes a text as the chart, and counts how often."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        folder.mkdir()
        (folder / "text").write_text(self.text)


def test_a_copy_is_written_once_for_its_key(tmp_path: Path) -> None:
    copies, one, two = ChartCopies(tmp_path), Written("one"), Written("two")
    found = [copies.lend(write.text, 3, write) for write in (one, two, one, two)]
    assert [(folder / "text").read_text() for folder in found] == ["one", "two", "one", "two"]
    assert (one.times, two.times) == (1, 1)


@pytest.mark.parametrize(("most", "most_bytes"), [(2, 100), (100, 7)])
def test_the_ones_not_used_for_longest_go_first(most: int, most_bytes: int, tmp_path: Path) -> None:
    copies = ChartCopies(tmp_path, most=most, most_bytes=most_bytes)
    writes = [Written(name) for name in "abc"]
    for at in (0, 1, 0, 2):
        copies.lend(writes[at].text, 3, writes[at])
    assert len(list(tmp_path.iterdir())) == 2
    for at in (0, 2):
        copies.lend(writes[at].text, 3, writes[at])
    assert [write.times for write in writes] == [1, 1, 1]


def test_one_that_is_too_large_is_there_for_its_own_render(tmp_path: Path) -> None:
    copies = ChartCopies(tmp_path, most_bytes=1)
    assert (copies.lend("a", 9, Written("a")) / "text").exists()
    assert (copies.lend("b", 9, Written("b")) / "text").exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_an_old_one_is_written_anew(tmp_path: Path) -> None:
    """Before whoever cleans temporary folders takes some of its files away."""
    clock, write = Clock(), Written("a")
    copies = ChartCopies(tmp_path, monotonic=clock)
    copies.lend("a", 1, write)
    clock.now = LONGEST_SECONDS + 1
    (copies.lend("a", 1, write) / "text").read_text()
    assert write.times == 2
    assert len(list(tmp_path.iterdir())) == 1


def test_one_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        raise OSError("no space left")

    copies = ChartCopies(tmp_path)
    with pytest.raises(OSError, match="no space left"):
        copies.lend("a", 1, fail)
    assert list(tmp_path.iterdir()) == []


def test_keys_differ_by_content_name_and_part(tmp_path: Path) -> None:
    keys = set()
    for number, files in enumerate(({"a": "1"}, {"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"})):
        root = tmp_path / str(number)
        root.mkdir()
        for name, text in files.items():
            (root / name).write_text(text)
        found = paths.files_below(LocalTree(root, "r"), "")
        keys |= {key_of([("chart", found)]), key_of([("local a", found)]), key_of([("chart", found), ("local", [])])}
    assert len(keys) == 12


def rendered(request: RenderRequest, copies: ChartCopies | None) -> RenderResult:
    return perform(open_local_tree, request, None, copies=copies)


VALUES = (
    "{}",
    "{a: {enabled: false}, b: {enabled: false}, tags: {back: true, front: false}}",
    "{a: {enabled: true, value: 7}, tags: {back: false, front: true}}",
    "{}",
)


@pytest.mark.parametrize("name", PUT_TOGETHER)
def test_no_render_sees_what_another_one_wanted(name: str, make_request: MakeRequest, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    copies = ChartCopies(tmp_path / "copies")
    files = {f"app/{file}": text for file, text in PUT_TOGETHER[name].items()}
    requests = [make_request(files, helm=HelmOptions(values=values)) for values in VALUES]
    assert [rendered(one, copies) for one in requests] == [rendered(one, None) for one in requests]
    assert len(list((tmp_path / "copies").iterdir())) == 1


def test_a_change_of_the_chart_and_of_the_schemas_part_is_seen(make_request: MakeRequest, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    copies = ChartCopies(tmp_path / "copies")
    files = {"app/Chart.yaml": CHART, "app/templates/a.yaml": MAP, "app/values.schema.json": SCHEMA}
    lax = HelmOptions(values="a: 1", skip_schema_validation=True)

    def given(request: RenderRequest) -> list[str]:
        return [obj["data"]["a"] for obj in rendered(request, copies).objects]

    assert given(make_request(files, helm=HelmOptions(values="a: x"))) == ["x"]
    assert given(make_request(files, helm=lax)) == ["1"]
    changed = make_request({"app/templates/a.yaml": MAP.replace(".Values.a", '"new"')}, helm=lax)
    assert given(changed) == ["new"]


def test_kustomizations_share_the_copy_of_a_chart(make_request: MakeRequest, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    copies = ChartCopies(tmp_path / "copies")
    for name in ("one", "two"):
        said = f"helmCharts: [{{name: demo, releaseName: {name}, valuesInline: {{a: {name}}}}}]\n"
        files = {
            "app/kustomization.yaml": said,
            "app/charts/demo/Chart.yaml": CHART,
            "app/charts/demo/templates/a.yaml": MAP,
        }
        request = structs.replace(make_request(files), settings={"kustomize.buildOptions": "--enable-helm"})
        (found,) = rendered(request, copies).objects
        assert (found["metadata"]["name"], found["data"]["a"]) == (name, name)
    assert len(list((tmp_path / "copies").iterdir())) == 1
