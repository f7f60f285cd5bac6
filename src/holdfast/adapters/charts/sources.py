"""The Charts port on Helm repositories and OCI registries."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from holdfast.adapters.charts import helm_index, oci
from holdfast.adapters.charts.helm_index import HelmRepositories, Index
from holdfast.adapters.charts.http import Http
from holdfast.adapters.charts.limits import ChartLimits
from holdfast.adapters.charts.oci import Registries, Repository
from holdfast.adapters.charts.store import ChartStore
from holdfast.adapters.charts.versions import chosen, prefixed
from holdfast.engine.access.repository_urls import is_artifact, normalized_url, shown_url
from holdfast.engine.lang.semver import is_exact, names_tags
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.ports.sign_in import SignIn, as_it_is
from holdfast.runtime.sharing import SharedCalls


class ChartSources:
    """Charts lie below `directory`. `open_tree` opens a folder as a tree."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock,
        open_tree: Callable[[TreeLocation], FileTree],
        limits: ChartLimits | None = None,
        sign_in: SignIn = as_it_is,
    ) -> None:
        self._limits = limits or ChartLimits()
        self._open_tree = open_tree
        self._store = ChartStore(directory.resolve(), self._limits)
        self._http = Http(self._limits.seconds)
        self._helm = HelmRepositories(self._http, self._limits, sign_in)
        self._registries = Registries(self._http, self._limits, sign_in)
        self._indexes: SharedCalls[Index] = SharedCalls(clock, self._limits.share_seconds)
        self._tags: SharedCalls[list[str]] = SharedCalls(clock, self._limits.share_seconds)
        self._digests: SharedCalls[str] = SharedCalls(clock, self._limits.share_seconds)
        self._fetched: SharedCalls[Path] = SharedCalls(clock)

    async def resolve(
        self, access: RepositoryAccess, chart: str, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        wanted = target_revision.strip()
        if chart and is_exact(wanted) and not (tag_prefix and is_oci(access)):
            return wanted
        if not is_oci(access):
            _must_name_chart(access, chart)
            index = await self._index(access, fresh=fresh)
            return helm_index.release_of(index, access, chart, wanted).version
        repository = oci.repository_of(access, chart)
        if oci.DIGEST.fullmatch(wanted):
            return wanted
        wanted = wanted or ("*" if chart else "latest")
        tag = await self._tag(access, repository, wanted, tag_prefix, fresh=fresh)
        if chart:
            prefix = tag_prefix if tag.startswith(tag_prefix) else ""
            return prefix + tag.removeprefix(prefix).replace("_", "+")
        return await self._digests.call(
            (access, repository, tag), lambda: self._digest(access, repository, tag), fresh=fresh
        )

    async def fetch(self, access: RepositoryAccess, chart: str, revision: str) -> TreeLocation:
        name = f"{normalized_url(access.url)}\n{chart}\n{revision}"
        folder = await asyncio.to_thread(self._store.find, name)
        if folder is None:
            bring = self._bring_artifact if is_oci(access) else self._bring_chart
            folder = await self._fetched.call((name, access), lambda: bring(access, chart, revision, name))
        return TreeLocation(str(folder), revision)

    def open(self, location: TreeLocation) -> FileTree:
        return self._open_tree(location)

    async def reach(self, access: RepositoryAccess) -> str:
        """What is there, for people. Raises Blocked and Transient, which say why it cannot be opened."""
        if not is_oci(access):
            return f"{len(await self._index(access, fresh=True))} charts"
        repository = oci.repository_of(access, "")
        try:
            return f"{len(await self._registries.tags(access, repository))} tags"
        except Blocked as blocked:
            if blocked.reason != "ChartNotFound":
                raise
            return "the registry answers, and has no tags at this very address"

    async def close(self) -> None:
        for calls in (self._indexes, self._tags, self._digests, self._fetched):
            await calls.close()
        await self._http.close()

    async def _index(self, access: RepositoryAccess, *, fresh: bool = False) -> Index:
        return await self._indexes.call(access, lambda: self._helm.index(access), fresh=fresh)

    async def _tag(
        self, access: RepositoryAccess, repository: Repository, wanted: str, prefix: str, *, fresh: bool
    ) -> str:
        """A tag that is no range is taken at its word, as registries may not let everybody list theirs."""
        if not names_tags(wanted, prefix):
            return wanted.replace("+", "_")
        tags = await self._tags.call(
            (access, repository), lambda: self._registries.tags(access, repository), fresh=fresh
        )
        if prefix:
            return prefixed(tags, wanted, prefix, str(repository))
        if wanted in tags:
            return wanted
        # A tag cannot hold the plus sign of a version.
        versions = [tag.replace("_", "+") for tag in tags]
        return chosen(versions, wanted, str(repository)).replace("+", "_")

    async def _digest(self, access: RepositoryAccess, repository: Repository, tag: str) -> str:
        return (await self._registries.manifest(access, repository, tag))[1]

    async def _bring_chart(self, access: RepositoryAccess, chart: str, revision: str, name: str) -> Path:
        _must_name_chart(access, chart)
        release = helm_index.release_of(await self._index(access), access, chart, revision)
        content = await self._helm.archive(access, release, chart)
        digest = hashlib.sha256(content).hexdigest()
        what = f"chart {chart} {revision} of repository {shown_url(access.url)}"
        if release.digest and digest != release.digest:
            raise Blocked(
                "ChartDamaged", f"{what} has the digest {digest}, and its index says {release.digest}: it was changed"
            )
        return await asyncio.to_thread(self._store.put, name, digest, content, what, strip_first=True)

    async def _bring_artifact(self, access: RepositoryAccess, chart: str, revision: str, name: str) -> Path:
        repository = oci.repository_of(access, chart)
        reference = revision if oci.DIGEST.fullmatch(revision) else revision.replace("+", "_")
        what = f"{repository}:{revision}"
        manifest, _ = await self._registries.manifest(access, repository, reference)
        layer = oci.layer_of(manifest, what)
        if chart and not layer.is_chart:
            raise Blocked("SourceUnsupported", f"{what} is no Helm chart: leave `chart` away and name a path in it")
        tree = layer.digest if layer.is_chart else f"{layer.digest}-whole"
        known = await asyncio.to_thread(self._store.tree, tree)
        content = b"" if known is not None else await self._registries.blob(access, repository, layer.digest)
        return await asyncio.to_thread(self._store.put, name, tree, content, what, strip_first=layer.is_chart)


def is_oci(access: RepositoryAccess) -> bool:
    """An address without a scheme is a registry's, as in Argo CD."""
    return access.enable_oci or is_artifact(access.url) or not urlsplit(access.url).netloc


def _must_name_chart(access: RepositoryAccess, chart: str) -> None:
    if not chart:
        raise Blocked(
            "SourceUnsupported", f"repository {shown_url(access.url)}: name the chart of this Helm repository"
        )
