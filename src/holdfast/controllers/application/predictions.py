"""What the server says an apply would do, asked once for each pair of a manifest and a live state."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec
from msgspec import Struct

from holdfast.controllers.application.refusals import is_refusal
from holdfast.controllers.application.takeover import taken_over
from holdfast.engine.diff import applied, foretold, normalize
from holdfast.engine.kube import canonical
from holdfast.engine.plan import migration, options
from holdfast.engine.preflight import refusals, siblings
from holdfast.engine.preflight.admission import Writing
from holdfast.model.application import Application
from holdfast.model.desired import Prediction, Target
from holdfast.model.errors import ApiError
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, key_of, resource_version_of
from holdfast.model.names import FIELD_MANAGER
from holdfast.ports.cluster import Writer

KEPT = 20_000
"""So many objects are remembered."""
KEPT_OF_EACH = 8
"""So many answers about one state of an object: manifests of several commits may be asked about in turn."""
KEPT_SIBLINGS = 2_000
AT_ONCE = 8

AS_LIVE = b""


class Manner(Struct, frozen=True):
    """In whose name it is asked, and how the sync would write: whose client-side fields it takes over, and whether it
    minds fields that no schema knows."""

    user: str = ""
    left_by: frozenset[str] = migration.NO_MANAGERS
    validates: bool = True


def manner_of(app: Application, sync_options: Collection[str], user: str) -> Manner:
    left_by = migration.managers(app.metadata.annotations, sync_options)
    return Manner(user, left_by, validates="Validate=false" not in sync_options)


class _Answer(Struct, frozen=True):
    """`manifest` is the hash of what was asked about."""

    manifest: str
    manner: Manner
    said: bytes


class _Answers(Struct, frozen=True):
    """About one state of an object, the latest that was asked about: earlier ones never come again."""

    version: str
    answers: tuple[_Answer, ...]


class Predictions:
    """A bounded memory. An answer equal to the live object, the usual case, is kept as that fact alone; where the live
    object itself tells that an apply would change nothing, nobody is asked."""

    def __init__(self) -> None:
        self._known: OrderedDict[ObjectKey, _Answers] = OrderedDict()
        self._doubts = 0
        self._asked: dict[ObjectKey, int] = {}
        self._taken: OrderedDict[tuple[str, Manner], None] = OrderedDict()

    async def of(
        self,
        cluster: Writer,
        targets: Iterable[Target],
        live: Mapping[ObjectKey, KubeObject],
        exists: Callable[[str], bool],
        manner: Manner | None = None,
        *,
        with_webhooks: Callable[[Target], bool] = lambda _: False,
        unattended: Callable[[Target, Writing], bool] = lambda target, writing: False,
    ) -> dict[ObjectKey, Prediction]:
        """In a namespace that does not exist nothing can be tried out; `with_webhooks` names those that only the server
        can tell of, `unattended` those that nobody but the server has a say in. What comes of a new object is told by
        its refusal alone where the server has taken one like it. Raises when the server fails."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def ask(target: Target) -> tuple[ObjectKey, Prediction]:
            async with limit:
                present, how = live.get(target.key), manner or Manner()
                if present is None and unattended(target, Writing.CREATE):
                    return target.key, await self._predict_new(cluster, target, how)
                if present is not None and not with_webhooks(target) and self._is_certain(target, present, how):
                    if applied.is_applied(target.obj, present, FIELD_MANAGER):
                        return target.key, Prediction(present)
                    after = (
                        foretold.foretold(target.obj, present, FIELD_MANAGER)
                        if unattended(target, Writing.UPDATE)
                        else None
                    )
                    if after is not None:
                        return target.key, Prediction(after)
                return target.key, await self._predict(cluster, target, present, how)

        askable = [target for target in targets if target.resource is not None and not target.problem]
        there = {namespace: exists(namespace) for namespace in {target.key.namespace for target in askable} - {""}}
        return dict(await asyncio.gather(*(ask(target) for target in askable if there.get(target.key.namespace, True))))

    async def _predict_new(self, cluster: Writer, target: Target, manner: Manner) -> Prediction:
        like = siblings.likeness(target.obj)
        if like is not None and (like, manner) in self._taken:
            self._taken.move_to_end((like, manner))
            return Prediction()
        prediction = await self._predict(cluster, target, None, manner)
        if like is not None and not prediction.refusal:
            self._taken[like, manner] = None
            if len(self._taken) > KEPT_SIBLINGS:
                self._taken.popitem(last=False)
        return prediction

    async def _predict(self, cluster: Writer, target: Target, live: KubeObject | None, manner: Manner) -> Prediction:
        if target.resource is None:
            return Prediction()
        version = resource_version_of(live) if live is not None else ""
        manifest = canonical.content_hash(target.obj)
        known = self._recall(target.key, version, manifest, manner)
        if known is not None:
            return Prediction(live if known == AS_LIVE else msgspec.json.decode(known))
        try:
            answer = await cluster.apply(target.resource, target.obj, field_manager=FIELD_MANAGER, dry_run=True)
        except ApiError as error:
            if not is_refusal(error):
                raise
            unvalidated = not manner.validates or options.has(target.obj, "Validate=false")
            taken = await taken_over(
                cluster, target.resource, live, target.obj, error, unvalidated=unvalidated, dry_run=True
            )
            if taken is None:
                return Prediction(refusal=refusals.refusal(error.message, target.obj).told)
            answer = taken
        answer = await _migrated(cluster, target, answer, live, manner)
        self._keep(target.key, version, _Answer(manifest, manner, _said(answer, live)))
        if self._doubts:
            self._asked[target.key] = self._doubts
        return Prediction(answer)

    def applied(self, obj: KubeObject, answer: KubeObject, manner: Manner) -> None:
        """Applying the same once more would give the same again."""
        told = _Answer(canonical.content_hash(obj), manner, AS_LIVE)
        self._keep(key_of(answer), resource_version_of(answer), told)

    def _is_certain(self, target: Target, live: KubeObject, manner: Manner) -> bool:
        """What the server would do besides, such as by a webhook that is new, was asked since somebody doubted it."""
        certain = self._asked.get(target.key, 0) == self._doubts
        return certain and not migration.is_due(live, target.obj, manner.left_by)

    def _recall(self, key: ObjectKey, version: str, manifest: str, manner: Manner) -> bytes | None:
        known = self._known.get(key)
        if known is None or known.version != version:
            return None
        self._known.move_to_end(key)
        return next((one.said for one in known.answers if (one.manifest, one.manner) == (manifest, manner)), None)

    def _keep(self, key: ObjectKey, version: str, answer: _Answer) -> None:
        known = self._known.get(key)
        others: tuple[_Answer, ...] = ()
        if known is not None and known.version == version:
            about = (answer.manifest, answer.manner)
            others = tuple(one for one in known.answers if (one.manifest, one.manner) != about)
        self._known[key] = _Answers(version, (*others[1 - KEPT_OF_EACH :], answer))
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def forget_all(self) -> None:
        self._known.clear()
        self._asked.clear()
        self._taken.clear()
        self._doubts += 1


def _said(answer: KubeObject, live: KubeObject | None) -> bytes:
    same = live is not None and canonical.equal(
        normalize.normalized(answer, normalize.EVERYTHING), normalize.normalized(live, normalize.EVERYTHING)
    )
    return AS_LIVE if same or live is None else msgspec.json.encode(answer)


async def _migrated(
    cluster: Writer, target: Target, answer: KubeObject, live: KubeObject | None, manner: Manner
) -> KubeObject:
    """What becomes of the object once the fields of a client-side apply are ours; the server fills in its defaults."""
    stripped = migration.without_abandoned(answer, live, target.obj, manner.left_by)
    if stripped is None or target.resource is None:
        return answer
    try:
        return await cluster.replace(target.resource, stripped, field_manager=FIELD_MANAGER, dry_run=True)
    except ApiError as error:
        if not is_refusal(error):
            raise
        return answer
