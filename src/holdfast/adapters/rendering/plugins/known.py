"""Which plugins there are, and which of them takes a source."""

from __future__ import annotations

import hashlib
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from holdfast.adapters.rendering.plugins.task import Task
from holdfast.engine.render.plugins import definition, output
from holdfast.model.errors import Blocked, Transient
from holdfast.model.rendering import PluginPlaces, RenderResult
from holdfast.model.source_options import Announcement

_DEFINITION_NAMES: Final = ("plugin.yaml", "plugin.yml")
_SUFFIXES: Final = (".yaml", ".yml")


class Discovery(Struct, frozen=True):
    """The name of the first plugin that takes a source, "" for none; not sure when one did not answer."""

    plugin: str
    is_sure: bool = True


class Plugin(Protocol):
    """Each method raises Blocked, and Transient when nobody answers."""

    @property
    def name(self) -> str: ...

    def supports(self, task: Task) -> bool | None:
        """None when it has no rules to tell."""
        ...

    def generate(self, task: Task) -> list[str]:
        """Texts of YAML."""
        ...

    def announcements(self, task: Task) -> tuple[Announcement, ...]: ...


def identity(places: PluginPlaces, name: str = "") -> str:
    """Changes when a plugin comes, goes, is started anew or defined otherwise; "" when there is none. With a name only
    the sidecar of that name counts, and all that is defined on this machine."""
    said = []
    with suppress(OSError):
        said += [f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in _definitions(places)]
        for socket in _sockets(places):
            status = socket.stat()
            if name in ("", socket.stem):
                said.append(f"{socket.name} {status.st_ino} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else ""


def plugins(places: PluginPlaces) -> list[Plugin]:
    """Those of this machine first, then the sidecars, by name. Raises Blocked for a definition that cannot be read."""
    from holdfast.adapters.rendering.plugins.local import LocalPlugin

    found: list[Plugin] = [
        LocalPlugin(definition.read(file.read_bytes(), str(file)), file.absolute()) for file in _definitions(places)
    ]
    sockets = _sockets(places)
    if sockets:
        from holdfast.adapters.rendering.plugins.sidecar import SidecarPlugin  # loads gRPC: 0.1 s and 30 MB

        ask_pass = Path(places.ask_pass) if places.ask_pass else Path(places.sockets) / "ask-pass"
        found += [SidecarPlugin(socket, ask_pass) for socket in sockets]
    return found


def discovered(places: PluginPlaces, task: Task) -> Discovery:
    """As in Argo CD a plugin that cannot tell does not take the source, and the others are asked. Raises Blocked when the
    time is over."""
    is_sure = True
    for plugin in plugins(places):
        try:
            if plugin.supports(task):
                return Discovery(plugin.name)
        except (Blocked, Transient) as error:
            if error.reason == "RenderTimeout":
                raise
            is_sure = False
    return Discovery("", is_sure)


def named(places: PluginPlaces, name: str) -> Plugin:
    """Raises Blocked."""
    known = plugins(places)
    plugin = next((one for one in known if one.name == name), None)
    if plugin is None:
        raise _not_found(name, places, known)
    return plugin


def render(places: PluginPlaces, task: Task, *, is_discovered: bool) -> RenderResult:
    """Raises Blocked."""
    if not task.job.name:
        raise _none_takes_it(places)
    plugin = named(places, task.job.name)
    if not is_discovered and plugin.supports(task) is False:
        raise Blocked(
            "PluginNotFound",
            f"plugin {plugin.name} does not take {task.job.path or 'the root of the repository'}: its rules of discovery "
            "find nothing there",
        )
    return output.result(plugin.generate(task), plugin.name, task.limits)


def _not_found(name: str, places: PluginPlaces, known: list[Plugin]) -> Blocked:
    socket = f"no socket {Path(places.sockets) / f'{name}.sock'}" if places.sockets else "no folder of sockets"
    there = ", ".join(plugin.name for plugin in known) or "none"
    return Blocked(
        "PluginNotFound",
        f"there is no plugin {name}: {socket}, and no definition on this machine (known: {there}). Add its sidecar, whose "
        "socket is named NAME or NAME-VERSION, or give its definition with --plugins",
    )


def _none_takes_it(places: PluginPlaces) -> Blocked:
    return Blocked(
        "PluginNotFound",
        f"no plugin takes the source ({_listed(places)}): name one in spec.source.plugin.name, or give one rules of discovery "
        "that fit",
    )


def _listed(places: PluginPlaces) -> str:
    return "known: " + (", ".join(plugin.name for plugin in plugins(places)) or "none")


def _sockets(places: PluginPlaces) -> list[Path]:
    if not places.sockets:
        return []
    try:
        return sorted(file for file in Path(places.sockets).iterdir() if stat.S_ISSOCK(file.stat().st_mode))
    except OSError:
        return []


def _definitions(places: PluginPlaces) -> list[Path]:
    """The file itself, or in the folder each YAML file and each `*/plugin.yaml`."""
    if not places.definitions:
        return []
    place = Path(places.definitions)
    if not place.is_dir():
        return [place] if place.is_file() else []
    found = [file for file in place.iterdir() if file.suffix in _SUFFIXES and file.is_file()]
    found += [file for name in _DEFINITION_NAMES for file in place.glob(f"*/{name}")]
    return sorted(found)
