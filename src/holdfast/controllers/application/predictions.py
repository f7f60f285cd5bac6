"""What the server says an apply would do, asked once for each pair of a manifest and a live state."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from holdfast.controllers.application.refusals import is_refusal
from holdfast.controllers.application.takeover import taken_over
from holdfast.engine.diff import applied, normalize
from holdfast.engine.kube import canonical
from holdfast.model.desired import Prediction, Target
from holdfast.model.errors import ApiError
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, resource_version_of
from holdfast.model.names import FIELD_MANAGER
from holdfast.ports.cluster import Writer

KEPT = 20_000
AT_ONCE = 8

AS_LIVE = b""


class Predictions:
    """A bounded memory. An answer equal to the live object, the usual case, is kept as that fact alone; where the live
    object itself tells that an apply would change nothing, nobody is asked."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[ObjectKey, str, str], bytes] = OrderedDict()
        self._doubts = 0
        self._asked: dict[ObjectKey, int] = {}

    async def of(
        self,
        cluster: Writer,
        targets: Iterable[Target],
        live: Mapping[ObjectKey, KubeObject],
        exists: Callable[[str], bool],
    ) -> dict[ObjectKey, Prediction]:
        """In a namespace that does not exist nothing can be tried out. Raises when the server fails."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def ask(target: Target) -> tuple[ObjectKey, Prediction]:
            async with limit:
                return target.key, await self._predict(cluster, target, live.get(target.key))

        askable = [target for target in targets if target.resource is not None and not target.problem]
        there = {namespace: exists(namespace) for namespace in {target.key.namespace for target in askable} - {""}}
        return dict(await asyncio.gather(*(ask(target) for target in askable if there.get(target.key.namespace, True))))

    async def _predict(self, cluster: Writer, target: Target, live: KubeObject | None) -> Prediction:
        if target.resource is None:
            return Prediction()
        if live is not None and self._is_known_to_stand(target, live):
            return Prediction(live)
        version = resource_version_of(live) if live is not None else ""
        memory = (target.key, canonical.content_hash(target.obj), version)
        known = self._known.get(memory)
        if known is not None:
            self._known.move_to_end(memory)
            return Prediction(live if known == AS_LIVE else msgspec.json.decode(known))
        try:
            answer = await cluster.apply(target.resource, target.obj, field_manager=FIELD_MANAGER, dry_run=True)
        except ApiError as error:
            if not is_refusal(error):
                raise
            taken = await taken_over(cluster, target.resource, live, target.obj, error, dry_run=True)
            if taken is None:
                return Prediction(refusal=error.message)
            answer = taken
        self._remember(memory, answer, live)
        if self._doubts:
            self._asked[target.key] = self._doubts
        return Prediction(answer)

    def _is_known_to_stand(self, target: Target, live: KubeObject) -> bool:
        """What the server would do besides, such as by a webhook that is new, was asked since somebody doubted it."""
        certain = self._asked.get(target.key, 0) == self._doubts
        return certain and applied.is_applied(target.obj, live, FIELD_MANAGER)

    def _remember(self, memory: tuple[ObjectKey, str, str], answer: KubeObject, live: KubeObject | None) -> None:
        same = live is not None and canonical.equal(
            normalize.normalized(answer, normalize.EVERYTHING), normalize.normalized(live, normalize.EVERYTHING)
        )
        self._known[memory] = AS_LIVE if same or live is None else msgspec.json.encode(answer)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def forget_all(self) -> None:
        self._known.clear()
        self._asked.clear()
        self._doubts += 1
