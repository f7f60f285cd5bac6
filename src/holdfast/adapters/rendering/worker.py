"""A process that renders for another one, and can be killed: `python -m holdfast.adapters.rendering.worker`."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from holdfast.adapters.rendering.chart_copies import ChartCopies
from holdfast.adapters.rendering.messages import Answer, Done, Failed, Hello
from holdfast.adapters.rendering.perform import perform
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import PluginPlaces, RenderRequest
from holdfast.runtime import worker_loop


def main() -> None:
    worker_loop.serve(_ready)


def _ready(message: bytes) -> Callable[[bytes], bytes]:
    hello = msgspec.msgpack.decode(message, type=Hello)
    open_tree: Callable[[TreeLocation], FileTree] = pickle.loads(hello.open_tree)  # noqa: S301 - from our own parent
    tools = Path(hello.tools) if hello.tools else None
    decoder = msgspec.msgpack.Decoder(RenderRequest)
    # Loaded before the first request, so that its time limit is spent on rendering.
    import holdfast.adapters.rendering.helm_chart  # noqa: F401

    # The folder for temporary files is that of this worker, and goes with it.
    copies = ChartCopies(Path(tempfile.mkdtemp(prefix="charts-")))

    def answer(request: bytes) -> bytes:
        return msgspec.msgpack.encode(_answer(open_tree, decoder.decode(request), tools, hello.plugins, copies))

    return answer


def _answer(
    open_tree: Callable[[TreeLocation], FileTree],
    request: RenderRequest,
    tools: Path | None,
    plugins: PluginPlaces,
    copies: ChartCopies,
) -> Answer:
    worker_loop.bound_memory(request.limits.memory_bytes)
    try:
        return Done(perform(open_tree, request, tools, plugins, copies))
    except (Blocked, Transient) as error:
        return Failed(type(error).__name__, error.reason, error.message)
    except MemoryError:
        return Failed("Blocked", "RenderOutOfMemory", "")
    except (OSError, KeyError) as error:
        return Failed("Transient", "RenderFailed", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
