"""Where `holdfast up` keeps its things on disk, and how a command finds the last one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from holdfast.model.rendering import PluginPlaces


class DataPlace:
    """The folder DATA of one `up`: kubeconfig, bare repositories, the sandbox's storage, caches."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def repositories(self) -> Path:
        return self.root / "repositories"

    @property
    def mirrors(self) -> Path:
        return self.root / "cache" / "mirrors"

    @property
    def renders(self) -> Path:
        return self.root / "cache" / "renders"

    @property
    def charts(self) -> Path:
        return self.root / "cache" / "charts"

    @property
    def tools(self) -> Path:
        return self.root / "cache" / "tools"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def rewrites(self) -> Path:
        return self.root / "rewrites.json"

    @property
    def log(self) -> Path:
        return self.root / "holdfast.log"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Makes the folder, readable by its owner only: it holds a kubeconfig."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def last_port(self) -> int:
        """The port that the kubeconfig names; 0 when there is none."""
        if not self.kubeconfig.is_file():
            return 0
        found = re.search(r"server: .*?://127\.0\.0\.1:(\d+)", self.kubeconfig.read_text())
        return int(found[1]) if found else 0

    def write_rewrites(self, rewrites: dict[str, str]) -> None:
        self.rewrites.write_bytes(msgspec.json.format(msgspec.json.encode(rewrites), indent=2))

    @property
    def plugins(self) -> Path:
        return self.root / "plugins.json"

    def write_plugins(self, plugins: PluginPlaces) -> None:
        """So that commands on this machine render with the same plugins."""
        said = PluginPlaces(*map(_absolute, (plugins.sockets, plugins.definitions, plugins.ask_pass)))
        self.plugins.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=2))

    def read_plugins(self) -> PluginPlaces:
        if not self.plugins.is_file():
            return PluginPlaces()
        return msgspec.json.decode(self.plugins.read_bytes(), type=PluginPlaces)

    def plugins_with(self, definitions: str) -> PluginPlaces:
        """Those of the place, with these definitions when they are given."""
        known = self.read_plugins()
        return PluginPlaces(known.sockets, _absolute(definitions), known.ask_pass) if definitions else known

    def read_rewrites(self) -> dict[str, str]:
        """URL prefixes and what stands for them on this machine; empty when this `up` maps none."""
        if not self.rewrites.is_file():
            return {}
        return msgspec.json.decode(self.rewrites.read_bytes(), type=dict[str, str])


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def place_of(kubeconfig: Path) -> DataPlace:
    """The DATA folder that a kubeconfig lies in."""
    return DataPlace(kubeconfig.absolute().parent)


def _pointer() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "holdfast" / "last-up"


def remember(place: DataPlace) -> None:
    """So that commands typed in another folder find the cluster of the last `up`."""
    pointer = _pointer()
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.write_text(f"{place.root}\n")


def last_place_used() -> DataPlace | None:
    pointer = _pointer()
    return DataPlace(Path(pointer.read_text().strip())) if pointer.is_file() else None
