"""What a renderer and its worker process say to one another, as MessagePack."""

from __future__ import annotations

from msgspec import Struct

from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderResult


class Hello(Struct, frozen=True):
    """The first message. `open_tree` is the pickled function."""

    open_tree: bytes
    tools: str
    plugins: PluginPlaces = NO_PLUGINS


class Done(Struct, frozen=True, tag="done"):
    result: RenderResult


class Failed(Struct, frozen=True, tag="failed"):
    """`kind` is the name of the error's class."""

    kind: str
    reason: str
    message: str

    def error(self) -> HoldfastError:
        kinds: dict[str, type[Blocked] | type[Transient]] = {"Blocked": Blocked, "Transient": Transient}
        return kinds.get(self.kind, Transient)(self.reason, self.message)


Answer = Done | Failed
