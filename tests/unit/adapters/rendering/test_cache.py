"""Results of renders on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import fields

from holdfast.adapters.rendering.cache import FORMAT, RenderCache
from holdfast.engine.render.directory import DirectoryJob
from holdfast.model.rendering import RenderResult

RESULT = RenderResult(({"kind": "X", "number": 1, "float": 1.5, "none": None, "list": [True]},), "Helm", ("a note",))


def test_what_was_stored_is_found(tmp_path: Path) -> None:
    RenderCache(tmp_path / "cache").store("k", RESULT)
    assert RenderCache(tmp_path / "cache").load("k") == RESULT
    assert RenderCache(tmp_path / "cache").load("other") is None


def test_results_of_another_form_have_another_format() -> None:
    """A result that lacks a field, or has in it what now stands in another, would be told wrongly: FORMAT goes up."""
    form = ("objects", "source_type", "notes", "plugin", "is_unsure", "looked_at", "doubled")
    assert (FORMAT, tuple(field.name for field in fields(RenderResult))) == ("2", form)


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_is_lost_not_used(tmp_path: Path, damage: bytes) -> None:
    cache = RenderCache(tmp_path)
    cache.store("k", RESULT)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(damage)
    assert cache.load("k") is None
    assert list(tmp_path.iterdir()) == []


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    cache.store("k", RESULT)
    (entry,) = tmp_path.iterdir()
    content = bytearray(entry.read_bytes())
    content[-3] ^= 1
    entry.write_bytes(content)
    assert cache.load("k") is None


def test_what_was_not_asked_for_longest_goes_first(tmp_path: Path) -> None:
    RenderCache(tmp_path).store("size", RESULT)
    size = next(tmp_path.iterdir()).stat().st_size
    (tmp_path / "size.render").unlink()
    cache = RenderCache(tmp_path, max_bytes=5 * size)
    for number in range(5):
        cache.store(f"k{number}", RESULT)
        os.utime(tmp_path / f"k{number}.render", (number, number))
    cache.load("k0")
    cache.store("k5", RESULT)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["k0", "k3", "k4", "k5"]


def test_what_is_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path, max_bytes=10)
    cache.store("k", RESULT)
    assert cache.load("k") is None


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = RenderCache(tmp_path / "file" / "cache")
    cache.store("k", RESULT)
    assert cache.load("k") is None


def test_keys_of_different_jobs_differ(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    assert cache.key("a", DirectoryJob("")) != cache.key("b", DirectoryJob(""))
    assert cache.key("a", DirectoryJob("")) == RenderCache(tmp_path).key("a", DirectoryJob(""))
