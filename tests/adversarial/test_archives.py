"""The attacker sends an archive, as a chart or as an artifact, and hopes to write or read outside of its folder."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.charts import archive
from holdfast.adapters.charts.limits import ChartLimits
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.engine.render import paths
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation

Member = tuple[str, bytes, str, bytes]
SMALL = ChartLimits(unpacked_bytes=1 << 20, files=20)


def packed(*members: Member) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", format=tarfile.PAX_FORMAT) as made:
        for name, kind, target, body in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(body)
            made.addfile(info, io.BytesIO(body))
    return raw.getvalue()


def file(name: str, body: bytes = b"x") -> Member:
    return (name, tarfile.REGTYPE, "", body)


def symlink(name: str, target: str) -> Member:
    return (name, tarfile.SYMTYPE, target, b"")


ESCAPES: Mapping[str, tuple[tuple[Member, ...], str]] = {
    "dots": ((file("c/../../evil"),), "PathEscapes"),
    "dots at the end": ((file("c/.."),), "PathEscapes"),
    "a full path": ((file("/etc/evil"),), "PathEscapes"),
    "dots of another system": ((file("c\\..\\..\\evil"),), "PathEscapes"),
    "a file below a symlink": ((symlink("c/a", "../.."), file("c/a/evil")), "PathEscapes"),
    "a file below a symlink that comes later": ((file("c/a/evil"), symlink("c/a", "/etc")), "PathEscapes"),
    "a hardlink": ((("c/a", tarfile.LNKTYPE, "/etc/passwd", b""),), "ChartDamaged"),
    "a hardlink inside": ((file("c/b"), ("c/a", tarfile.LNKTYPE, "c/b", b"")), "ChartDamaged"),
    "a device": ((("c/a", tarfile.CHRTYPE, "", b""),), "ChartDamaged"),
    "a block device": ((("c/a", tarfile.BLKTYPE, "", b""),), "ChartDamaged"),
    "a pipe": ((("c/a", tarfile.FIFOTYPE, "", b""),), "ChartDamaged"),
    "zeros": ((file("c/a", b"\x00" * (4 << 20)),), "ChartTooLarge"),
    "very many files": (tuple(file(f"c/{n}", b"") for n in range(50)), "ChartTooLarge"),
    "a very long name": ((file("c/" + "d/" * 5000 + "a"),), "PathEscapes"),
}


@pytest.mark.parametrize("what", ESCAPES)
def test_an_archive_writes_nothing_outside_and_no_more_than_is_allowed(what: str, tmp_path: Path) -> None:
    members, reason = ESCAPES[what]
    with pytest.raises(Blocked) as caught:
        archive.unpack(packed(*members), tmp_path / "chart", SMALL, "chart a 1.0.0", strip_first=False)
    assert caught.value.reason == reason
    assert "chart a 1.0.0" in caught.value.message
    assert [found.name for found in tmp_path.rglob("*") if found.name != "chart"] == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "../chart/../secret"])
def test_a_symlink_of_an_archive_leads_nowhere(target: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    archive.unpack(packed(symlink("a", target)), tmp_path / "chart", SMALL, "it", strip_first=False)
    tree = open_local_tree(TreeLocation(str(tmp_path / "chart"), "0" * 40))
    with pytest.raises(Blocked) as caught:
        paths.read_file(tree, "a")
    assert caught.value.reason == "PathEscapes"


@given(st.binary(max_size=600), st.integers(0, 600), st.booleans())
def test_a_damaged_archive_is_unpacked_or_refused(noise: bytes, place: int, compressed: bool) -> None:
    good = packed(file("c/Chart.yaml"), symlink("c/l", "Chart.yaml"))
    plain = gzip.decompress(good)
    broken = plain[:place] + noise + plain[place + len(noise) :]
    content = gzip.compress(broken) if compressed else good[: place % len(good)] + noise
    with tempfile.TemporaryDirectory() as name:
        reason = ""
        try:
            archive.unpack(content, Path(name) / "chart", SMALL, "it", strip_first=True)
        except Blocked as error:
            reason = error.reason
        assert reason in ("", "ChartDamaged", "ChartTooLarge", "PathEscapes")
        assert {found.name for found in Path(name).iterdir()} <= {"chart"}
