"""Whatever a repository holds, reading it gives a value or a refusal, and nothing lands outside of its folder."""

from __future__ import annotations

import contextlib
import copy
import io
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.charts import archive
from holdfast.adapters.charts.limits import ChartLimits
from holdfast.engine.lang import yaml_documents
from holdfast.engine.render.helm import values
from holdfast.model.errors import Blocked

_PIECES = [
    "a: ",
    "&x ",
    "*x",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "<<: ",
    "!!binary ",
    "!!int ",
    "!odd ",
    "---\n",
    "\n",
    "  ",
    "?",
]
_PIECES += ["\ufeff", "\x00", "'", '"', "|\n", "0x1", "1e999", ".nan", "\t", "#", "%YAML 1.2\n", "é", "\ud800"]
YAML_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
SMALL = yaml_documents.YamlLimits(bytes=4096, nodes=200, depth=10, documents=5)

NAMES = st.lists(st.sampled_from(["..", ".", "", "a", "b", "c" * 300, "\\..", "é"]), min_size=1, max_size=5).map(
    "/".join
)
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
MEMBERS = st.lists(st.tuples(NAMES, KINDS, st.sampled_from(["", "/etc", "../..", "a", "d" * 5000])), max_size=6)

LEAVES = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
MAPPINGS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAVES | inner, max_size=3),
    max_leaves=12,
)


@given(YAML_TEXTS | st.binary(max_size=200))
def test_yaml_is_read_or_refused(text: str | bytes) -> None:
    try:
        documents = yaml_documents.load_all(text, SMALL)
    except yaml_documents.YamlInvalid:
        return
    assert len(documents) <= SMALL.documents


@given(MEMBERS)
def test_an_archive_stays_in_its_folder(members: list[tuple[str, bytes, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with contextlib.suppress(Blocked):
            archive.unpack(_packed(members), root / "chart", ChartLimits(), "it", strip_first=False)
        assert {found.name for found in root.iterdir()} <= {"chart"}


@pytest.mark.parametrize("target", ["", "d" * 5000])
def test_a_symlink_that_no_file_system_takes_is_refused(target: str, tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="cannot be written out"):
        archive.unpack(_packed([("a", tarfile.SYMTYPE, target)]), tmp_path, ChartLimits(), "it", strip_first=False)


def _packed(members: list[tuple[str, bytes, str]]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as packed:
        for name, kind, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            packed.addfile(member)
    return raw.getvalue()


@given(MAPPINGS, MAPPINGS)
def test_merging_values_changes_neither_side_and_the_stronger_wins(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = copy.deepcopy((base, over))
    found = values.merged(base, over)
    assert (base, over) == before
    assert found.keys() == base.keys() | over.keys()
    for key, value in over.items():
        known = base.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            assert found[key] == values.merged(known, value)
        else:
            assert found[key] == value
    assert values.merged(found, over) == found
