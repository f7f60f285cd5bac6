"""What a renderer and its worker process say to one another, as length-prefixed MessagePack."""

from __future__ import annotations

import struct
from typing import Final

from msgspec import Struct

from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.rendering import RenderResult

PREFIX: Final = struct.Struct(">Q")


class Hello(Struct, frozen=True):
    """The first message. `open_tree` is the pickled function, `folder` goes when the worker goes."""

    open_tree: bytes
    folder: str
    tools: str


class Ready(Struct, frozen=True, tag="ready"):
    """The worker is up and has loaded what it needs."""


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


Answer = Ready | Done | Failed
