"""Runs one script in a Lua of its own, which has no way out, counts instructions and bounds its memory.

Endless work inside one library function (a pattern that backtracks) is not counted: whoever calls this must be a process
that can be killed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from lupa.lua51 import LuaError, LuaMemoryError, LuaRuntime

from holdfast.adapters.scripts.conversion import to_json
from holdfast.adapters.scripts.messages import out_of_memory
from holdfast.model.errors import Blocked
from holdfast.model.scripts import ScriptAnswer, ScriptRun

_BYTECODE = "\x1b"
_NO_MEMORY = "not enough memory"
_UNBOUND = 0


def run(ask: ScriptRun) -> ScriptAnswer:
    """Raises Blocked."""
    key, limits = ask.script.key, ask.limits
    try:
        ended, value = _run(ask)
        match ended:
            case "done":
                return to_json(value)
            case "spent":
                raise Blocked(
                    "ScriptTimeout",
                    f"{key}: the script ran more than {limits.instructions:,} instructions: "
                    "look for a loop that does not end",
                )
            case "raised":
                raise Blocked("ScriptFailed", f"{key}: it raised a {value}")
            case _ if value == _NO_MEMORY:
                raise out_of_memory(ask)
            case _:
                raise Blocked("ScriptFailed", f"{key}: {value}")
    except LuaMemoryError as error:
        raise out_of_memory(ask) from error
    except UnicodeDecodeError as error:
        raise Blocked("ScriptAnswerInvalid", f"{key}: the script's answer is not UTF-8 text") from error
    except OverflowError as error:
        raise Blocked("ScriptFailed", f"{key}: the object holds a number that Lua cannot hold") from error
    except ValueError as error:
        raise Blocked("ScriptAnswerInvalid", f"{key}: {error}") from error
    except LuaError as error:
        raise Blocked("ScriptFailed", f"{key}: {str(error).splitlines()[0]}") from error


def _run(ask: ScriptRun) -> tuple[str, Any]:
    if ask.script.text.startswith(_BYTECODE):
        # Lua loads compiled code unchecked: it can do anything to the process.
        return "failed", "it is compiled code; give the source"
    runtime = LuaRuntime(
        register_eval=False,
        register_builtins=False,
        unpack_returned_tuples=True,
        attribute_filter=_no_attribute,
        max_memory=_UNBOUND,
    )
    load, run, outcome = runtime.execute(_sandbox(), ask.limits.instructions, ask.script.open_libs)
    load(ask.script.text, runtime.table_from(ask.obj, recursive=True), runtime.table_from(ask.parameters))
    # Outside of the script a lack of memory would end the process instead of raising an error.
    runtime.set_max_memory(ask.limits.memory_bytes)
    ended = run()
    runtime.set_max_memory(_UNBOUND)
    return ended, outcome()


def _no_attribute(_: object, name: object, __: bool) -> object:
    raise AttributeError(f"no attribute {name} for scripts")


@cache
def _sandbox() -> str:
    return files("holdfast.adapters.scripts").joinpath("sandbox.lua").read_text(encoding="utf-8")
