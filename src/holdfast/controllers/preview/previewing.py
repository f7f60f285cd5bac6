"""Renders every application that reads a repository at two revisions, and compares."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from msgspec import Struct

from holdfast.controllers.application.ignored import ignored_in
from holdfast.controllers.application.observe import live_objects, targets_at
from holdfast.controllers.application.sources import resolve
from holdfast.controllers.application.world import World
from holdfast.engine.access.repository_urls import normalized_url, shown_url
from holdfast.engine.flow import preview, spec
from holdfast.engine.status import render_notes
from holdfast.engine.webhooks.addresses import same_repository
from holdfast.engine.webhooks.git_payloads import bare_ref
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.desired import Targets
from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.keys import NamespacedName
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview

AT_ONCE = 8
MOST_APPS = 5000
"""An app-of-apps that makes itself again and again ends here."""


class Asked(Struct, frozen=True):
    """`base` is the branch that the change is for; "" takes every application at what it follows."""

    repository: str
    revision: str
    base: str = ""


class _Pair(Struct, frozen=True):
    """An application as it is and as it would be; one of them is None for one that comes or goes."""

    name: NamespacedName
    before: Application | None
    after: Application | None


class Previewing:
    """One preview."""

    def __init__(self, world: World, asked: Asked) -> None:
        self._world = world
        self._asked = asked
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._base = ""
        self._head = ""
        self._is_default = True

    async def reading(self, apps: Iterable[Application]) -> list[Application]:
        """Those that would be concerned if the revision became the base. Those that follow HEAD count where the base is
        the default branch."""
        there = [app for app in apps if any(self._is_there(source) for source in spec.sources_of(app))]
        following = [(app, source) for app in there for source in spec.sources_of(app) if self._follows_head(source)]
        if following and self._asked.base:
            app, source = following[0]
            default, base = [
                (await resolve(self._world, app, [source], [revision], several=False)).revision
                for revision in ("HEAD", self._asked.base)
            ]
            self._is_default = default == base
        return [app for app in there if self._reads(app)]

    async def run(self, apps: Iterable[Application]) -> Preview:
        return await self.of(await self.reading(apps))

    async def of(self, reading: Sequence[Application]) -> Preview:
        """`reading` is what the method of this name has found."""
        if not reading:
            raise Blocked(
                "NothingReads",
                f"no application reads {shown_url(self._asked.repository)}"
                + (f" at {self._asked.base}" if self._asked.base else ""),
            )
        await self._resolve(reading[0])
        found: dict[NamespacedName, AppPreview] = {}
        waiting = [_Pair(app.metadata.key, app, app) for app in reading]
        told: set[NamespacedName] = set()
        while waiting:
            looked = await asyncio.gather(*(self._look(pair) for pair in waiting))
            found.update((app.name, app) for app, _ in looked)
            # What a parent would make of an application goes before what stands in the cluster.
            waiting = [pair for _, made in looked for pair in made if pair.name not in told]
            told |= {pair.name for pair in waiting}
            if len(found) > MOST_APPS:
                raise Blocked("TooManyApplications", f"more than {MOST_APPS} applications would be there")
        affected = sorted((app for app in found.values() if app.is_affected), key=lambda app: app.name)
        return Preview(
            repository=shown_url(self._asked.repository),
            base=self._base,
            head=self._head,
            apps=tuple(affected),
            unaffected=len(found) - len(affected),
        )

    def _reads(self, app: Application) -> bool:
        return any(self._is_asked(source) for source in spec.sources_of(app))

    def _is_asked(self, source: ApplicationSource) -> bool:
        base = self._asked.base
        if not base or not self._is_there(source):
            return self._is_there(source)
        if self._follows_head(source):
            return self._is_default
        return bare_ref(source.target_revision) == bare_ref(base)

    def _follows_head(self, source: ApplicationSource) -> bool:
        return self._is_there(source) and source.target_revision in ("", "HEAD")

    def _is_there(self, source: ApplicationSource) -> bool:
        return not spec.is_packed(source) and is_same(source.repo_url, self._asked.repository)

    async def _resolve(self, app: Application) -> None:
        """One answer for all: a branch that moves meanwhile must not be two revisions of one preview."""
        asked = [source for source in spec.sources_of(app) if self._is_asked(source)][:1]
        self._head = (await resolve(self._world, app, asked, [self._asked.revision], several=False)).revision
        self._base = (await resolve(self._world, app, asked, [self._asked.base], several=False)).revision

    async def _look(self, pair: _Pair) -> tuple[AppPreview, list[_Pair]]:
        async with self._limit:
            return await self._look_now(pair)

    async def _look_now(self, pair: _Pair) -> tuple[AppPreview, list[_Pair]]:
        kind = _kind_of(pair)
        because: tuple[str, ...] = ()
        try:
            base_commit, base, known = await self._rendered(pair.before, at_head=False)
        except HoldfastError as error:
            # What cannot be rendered now cannot be compared with: everything of the new revision is news.
            base_commit, base, known = "", preview.NOTHING, ()
            because = (f"all of it is shown as new, as the base cannot be rendered: {' '.join(str(error).split())}",)
        try:
            head_commit, head, noted = await self._rendered(pair.after, at_head=True)
        except HoldfastError as error:
            return AppPreview(pair.name, base_commit, self._head, problem=str(error), kind=kind), []
        changed = preview.changes(base, head, self._world.customized.comparing.masked_annotations)
        if pair.after is not None and changed:
            changed = await self._in_cluster(pair.after, changed, head)
        hold = self._guard(pair.after, changed, base) if pair.after is not None else ""
        made = _children(base, head)
        notes = render_notes.told((*because, *(note for note in noted if note not in known)))
        return AppPreview(pair.name, base_commit, head_commit, changed, kind=kind, hold=hold, notes=notes), made

    def _guard(self, app: Application, changed: Iterable[ObjectChange], base: Targets) -> str:
        project = self._world.project(spec.project_of(app))
        settings = self._world.config_map("argocd-cm")
        return preview.guarded(app, project, settings, changed, len(base.objects))

    async def _rendered(self, app: Application | None, *, at_head: bool) -> tuple[str, Targets, tuple[str, ...]]:
        """The revisions, what they want, and what the render notes."""
        if app is None:
            return "", preview.NOTHING, ()
        spec.check(app, self._world.project(spec.project_of(app)))
        asked = self._head if at_head else self._base if self._asked.base else ""
        wanted = spec.sources_of(app)
        revisions = [asked if self._is_asked(source) else "" for source in wanted]
        pinned = await resolve(self._world, app, wanted, revisions, several=bool(app.spec.sources))
        targets, _ = await targets_at(self._world, app, pinned)
        return pinned.text, targets, self._world.render_notes.at(app.metadata.key, pinned.revisions)

    async def _in_cluster(
        self, app: Application, changed: tuple[ObjectChange, ...], head: Targets
    ) -> tuple[ObjectChange, ...]:
        keys = {change.key for change in changed}
        wanted = tuple(target for target in head.objects if target.key in keys)
        live = await live_objects(self._world, app, (target.key for target in wanted))
        predictions = await self._world.predictions.of(
            self._world.cluster, wanted, live.objects, self._world.namespace_exists
        )
        ignored = await ignored_in(self._world, app, Targets(wanted), live, predictions)
        return tuple(preview.in_cluster(change, head, live.objects, predictions, ignored) for change in changed)


def _kind_of(pair: _Pair) -> ChangeKind | None:
    if pair.before is None:
        return ChangeKind.CREATE
    return ChangeKind.DELETE if pair.after is None else None


def _children(base: Targets, head: Targets) -> list[_Pair]:
    """The Applications that the two renders make and that are not the same."""
    before, after = preview.children(base), preview.children(head)
    pairs = [_Pair(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]
    return [
        pair
        for pair in pairs
        if pair.before is None or pair.after is None or not preview.is_same_source(pair.before, pair.after)
    ]


def is_same(left: str, right: str) -> bool:
    return normalized_url(left) == normalized_url(right) or same_repository(left, right)
