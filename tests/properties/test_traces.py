"""Whatever changes in the repositories of an application's sources: what its renders read is what counts, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.adapters.rendering.trace import TracedTree
from holdfast.adapters.rendering.traces import Traces
from holdfast.engine.render.prepare import identity, prepare
from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import FetchedChart, RefLocation, RemoteFile, RenderRequest
from holdfast.model.source_options import HelmFileParameter, HelmOptions
from holdfast.testing.memory_repositories import MemoryTree

OLD, NEW = "a" * 40, "b" * 40
APP = NamespacedName("argocd", "web")
URL = "https://values.example/web.yaml"
REPO = "https://charts.example"
CHARTS = TreeLocation("charts", OLD)
VALUES = TreeLocation("values", OLD)
OWN = {
    "chart/Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{{name: part, version: 1.x, repository: '{REPO}'}}]\n",
    "chart/values.yaml": "a: 1\n",
    "chart/templates/a.yaml": "x",
    "other/a.yaml": "x",
}
LENT = {"web.yaml": "a: 2\n", "note.txt": "a", "globbed/1.yaml": "a: 3\n", "other/b.yaml": "a: 4\n"}
SOURCE = ApplicationSource(
    path="chart",
    helm=HelmOptions(
        value_files=("$v/web.yaml", "$v/absent/late.yaml", "$v/globbed/*.yaml", URL),
        file_parameters=(HelmFileParameter(name="note", path="$v/note.txt"),),
        ignore_missing_value_files=True,
    ),
)
READ_OWN = ("chart/Chart.yaml", "chart/values.yaml", "chart/templates/a.yaml")
NEW_OWN = ("chart/templates/b.yaml", "chart/crds/b.yaml", "chart/.argocd-source.yaml", "chart/.argocd-source-web.yaml")
READ_LENT = ("web.yaml", "note.txt", "globbed/1.yaml")
NEW_LENT = ("absent/late.yaml", "globbed/2.yaml")
UNREAD = ("other/a.yaml", "other/new.yaml", "globless/x.yaml", "web.yml", "absent2/late.yaml")
paths_own = st.sets(st.sampled_from((*READ_OWN, *NEW_OWN, *UNREAD)), max_size=3)
paths_lent = st.sets(st.sampled_from((*READ_LENT, *NEW_LENT, *UNREAD)), max_size=3)


def request(remote: bytes = b"a: 6\n", chart: str = "/store/one", position: int = 0) -> RenderRequest:
    return RenderRequest(
        CHARTS,
        SOURCE,
        "web",
        "argocd",
        "default",
        "shop",
        "v1.37.0",
        refs=(RefLocation("v", VALUES),),
        charts=(FetchedChart("part", REPO, TreeLocation(chart, "1.2.0")),),
        remote_files=(RemoteFile(URL, remote),),
        position=position,
    )


def rendered(traces: Traces, own: Mapping[str, str], lent: Mapping[str, str], asked: RenderRequest) -> str:
    tree, ref = TracedTree(MemoryTree(own, OLD)), TracedTree(MemoryTree(lent, OLD))
    said = identity(tree, prepare(tree, asked, {"v": ref}), asked, {"v": ref})
    traces.remember(asked, tree.trace, {"v": ref.trace})
    return said


def is_same(traces: Traces, location: TreeLocation, files: Mapping[str, str]) -> bool:
    compare = traces.comparing({APP: OLD}, TreeLocation(location.repository, NEW))
    assert compare is not None
    return compare(MemoryTree(files, NEW))[APP]


def changed(files: Mapping[str, str], paths: set[str]) -> dict[str, str]:
    return {**files, **{path: files.get(path, "") + "# changed\n" for path in paths}}


@given(paths_own, paths_lent)
@example({"chart/.argocd-source-web.yaml"}, set())
@example(set(), {"absent/late.yaml"})
@example(set(), {"globbed/2.yaml"})
@example({"other/a.yaml"}, {"other/new.yaml"})
def test_only_changes_of_what_is_read_count(in_own: set[str], in_lent: set[str]) -> None:
    traces = Traces()
    before = rendered(traces, OWN, LENT, request())
    own, lent = changed(OWN, in_own), changed(LENT, in_lent)
    same_own, same_lent = is_same(traces, CHARTS, own), is_same(traces, VALUES, lent)
    assert same_own == in_own.isdisjoint((*READ_OWN, *NEW_OWN))
    assert same_lent == in_lent.isdisjoint((*READ_LENT, *NEW_LENT))
    if same_own and same_lent:
        assert rendered(Traces(), own, lent, request()) == before


@given(st.sets(st.sampled_from((*READ_OWN, *READ_LENT)), max_size=2))
def test_a_file_that_goes_away_counts(gone: set[str]) -> None:
    traces = Traces()
    rendered(traces, OWN, LENT, request())
    own = {path: text for path, text in OWN.items() if path not in gone}
    lent = {path: text for path, text in LENT.items() if path not in gone}
    assert is_same(traces, CHARTS, own) == gone.isdisjoint(READ_OWN)
    assert is_same(traces, VALUES, lent) == gone.isdisjoint(READ_LENT)


@given(st.binary(max_size=5).map(lambda more: b"a: 6\n# " + more.hex().encode()), st.sampled_from(["one", "two"]))
def test_charts_and_files_at_addresses_count_by_their_content(remote: bytes, chart: str) -> None:
    first = rendered(Traces(), OWN, LENT, request(b"a: 6\n# ", "/store/one"))
    other = rendered(Traces(), OWN, LENT, request(remote, f"/store/{chart}"))
    assert (first == other) == ((remote, chart) == (b"a: 6\n# ", "one"))


@given(st.integers(0, 3), st.integers(0, 3))
def test_what_any_source_of_the_application_reads_counts(first: int, second: int) -> None:
    """Two sources with values files of their own, from one commit of one repository."""
    traces = Traces()
    files = {f"{number}.yaml": f"a: {number}\n" for number in range(5)}
    for position, number in enumerate((first, second)):
        helm = HelmOptions(value_files=(f"$v/{number}.yaml",))
        asked = RenderRequest(
            TreeLocation(f"charts-{position}", OLD), ApplicationSource(path="chart", helm=helm), "web", "argocd",
            "default", "shop", "v1.37.0", refs=(RefLocation("v", VALUES),), position=position,
        )  # fmt: skip
        tree, ref = TracedTree(MemoryTree({"chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}, OLD)), TracedTree(MemoryTree(files, OLD))  # fmt: skip
        identity(tree, prepare(tree, asked, {"v": ref}), asked, {"v": ref})
        traces.remember(asked, tree.trace, {"v": ref.trace})
    for number in range(5):
        assert is_same(traces, VALUES, changed(files, {f"{number}.yaml"})) == (number not in (first, second))
