"""What scripts of users say of objects: each script is asked once about each state of an object."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from holdfast.engine.health import scripted
from holdfast.engine.kube import canonical
from holdfast.model.customizations import Customizations
from holdfast.model.errors import Blocked
from holdfast.model.health import HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, resource_version_of, uid_of
from holdfast.model.scripts import JsonPath, PathsQuestion, Script, ScriptLimits, ScriptRun
from holdfast.ports.clock import Clock
from holdfast.ports.scripts import Scripts

KEPT = 20_000
TIMEOUT = "ScriptTimeout"
TIMEOUT_KEPT = 60.0
"""Seconds after which a script that took too long is tried again: the machine may have been slow."""


class _Refusal(Struct, frozen=True):
    """What Blocked said: the error itself would keep alive all that it was raised amid."""

    reason: str
    message: str


class AskedScripts:
    """A bounded memory of answers. Without `scripts` nothing can be asked, and what has a script of its own is Unknown."""

    def __init__(self, scripts: Scripts | None, clock: Clock) -> None:
        self._scripts = scripts
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()

    async def health(
        self, customizations: Customizations, objects: Mapping[ObjectKey, KubeObject]
    ) -> dict[ObjectKey, HealthReport]:
        """Of those objects that a script of argocd-cm judges."""
        asked = {key: script for key, obj in objects.items() if (script := scripted.script_for(obj, customizations))}
        reports = await asyncio.gather(*(self._health(script, objects[key]) for key, script in asked.items()))
        return dict(zip(asked, reports, strict=True))

    async def paths(self, expressions: Iterable[str], obj: KubeObject, seconds: float) -> tuple[JsonPath, ...]:
        """What the expressions mean in the object. Raises Blocked for one that cannot be read, or takes too long."""
        content = canonical.content_hash(obj)
        return tuple([path for one in expressions for path in await self._paths(one, obj, content, seconds)])

    async def _health(self, script: Script, obj: KubeObject) -> HealthReport:
        async def ask(scripts: Scripts) -> HealthReport:
            return scripted.report_of(await scripts.run(ScriptRun(script, obj)), script)

        try:
            report: HealthReport = await self._asked((script, uid_of(obj), resource_version_of(obj)), ask)
        except Blocked as error:
            return scripted.report_of_failure(error)
        return report

    async def _paths(self, expression: str, obj: KubeObject, content: str, seconds: float) -> tuple[JsonPath, ...]:
        async def ask(scripts: Scripts) -> tuple[JsonPath, ...]:
            return await scripts.paths(PathsQuestion(expression, obj, ScriptLimits(seconds=seconds)))

        paths: tuple[JsonPath, ...] = await self._asked((expression, content), ask)
        return paths

    async def _asked(self, question: Hashable, ask: Callable[[Scripts], Awaitable[Any]]) -> Any:
        answer, until = self._known.get(question, (None, -math.inf))
        if self._clock.monotonic() >= until:
            answer, until = await self._answer(ask)
            self._known[question] = (answer, until)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(question)
        if isinstance(answer, _Refusal):
            raise Blocked(answer.reason, answer.message)
        return answer

    async def _answer(self, ask: Callable[[Scripts], Awaitable[Any]]) -> tuple[Any, float]:
        if self._scripts is None:
            return _Refusal("ScriptsUnavailable", "scripts of users cannot be run here"), math.inf
        try:
            return await ask(self._scripts), math.inf
        except Blocked as error:
            until = self._clock.monotonic() + TIMEOUT_KEPT if error.reason == TIMEOUT else math.inf
            return _Refusal(error.reason, error.message), until
