"""Where things lie on disk, and how a command finds the last one."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.assembly import places
from holdfast.assembly.places import DataPlace
from holdfast.cli.connection import find_kubeconfig
from holdfast.model.errors import Blocked


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("HOLDFAST_KUBECONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def _up(folder: Path) -> DataPlace:
    place = DataPlace(folder)
    place.prepare()
    place.kubeconfig.write_text("{}")
    return place


def test_the_folder_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    place = _up(tmp_path / "data")

    assert place.root.stat().st_mode & 0o077 == 0


def test_rewrites_survive(tmp_path: Path) -> None:
    place = _up(tmp_path / "data")
    place.write_rewrites({"git@host:": "/srv/"})

    assert DataPlace(place.root).read_rewrites() == {"git@host:": "/srv/"}
    assert DataPlace(tmp_path).read_rewrites() == {}


def test_the_file_given_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_KUBECONFIG", "/elsewhere")
    place = _up(tmp_path / "data")

    assert find_kubeconfig(place.kubeconfig) == place.kubeconfig


def test_a_folder_above_with_an_up_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = _up(tmp_path / ".holdfast")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert find_kubeconfig(None) == place.kubeconfig


def test_elsewhere_the_last_up_is_found(tmp_path: Path) -> None:
    place = _up(tmp_path / "data")
    places.remember(place)

    assert find_kubeconfig(None) == place.kubeconfig


def test_without_any_cluster_the_error_says_how_to_get_one() -> None:
    with pytest.raises(Blocked, match="start one with `holdfast up`"):
        find_kubeconfig(None)


def test_a_kubeconfig_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Blocked, match=r"there is no kubeconfig file at .*missing"):
        find_kubeconfig(tmp_path / "missing")
