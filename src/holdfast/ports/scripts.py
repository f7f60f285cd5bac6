"""Runs Lua scripts of users, wherever that happens."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.scripts import ScriptAnswer, ScriptRun


class Scripts(Protocol):
    """Raises Blocked whose message names the script's key and the line; its reason is one of ScriptFailed,
    ScriptTimeout, ScriptOutOfMemory, ScriptAnswerInvalid, ScriptAnswerTooLarge. A script that never ends is killed."""

    async def run(self, run: ScriptRun) -> ScriptAnswer: ...

    async def close(self) -> None: ...
