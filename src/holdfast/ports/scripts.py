"""Runs scripts of users, in Lua and in jq, wherever that happens."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.scripts import JsonPath, PathsQuestion, ScriptAnswer, ScriptRun


class Scripts(Protocol):
    """Raises Blocked whose message names the script's key and the line; its reason is one of ScriptFailed,
    ScriptTimeout, ScriptOutOfMemory, ScriptAnswerInvalid, ScriptAnswerTooLarge. A script that never ends is killed."""

    async def run(self, run: ScriptRun) -> ScriptAnswer: ...

    async def paths(self, question: PathsQuestion) -> tuple[JsonPath, ...]:
        """The paths that an expression means in an object; none where it fails on this object, as Argo CD has it.

        Raises Blocked whose message names the expression; its reason is ExpressionInvalid or one of the above.
        """
        ...

    async def close(self) -> None: ...
