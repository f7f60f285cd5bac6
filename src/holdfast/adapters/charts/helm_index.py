"""A Helm repository: its index, and where the index says that a chart is.

Source: https://helm.sh/docs/topics/chart_repository/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlunsplit

import msgspec
from msgspec import Struct

from holdfast.adapters.charts.answers import basic, failure
from holdfast.adapters.charts.http import Http
from holdfast.adapters.charts.limits import ChartLimits
from holdfast.adapters.charts.versions import chosen
from holdfast.engine.access.repository_urls import shown_url
from holdfast.engine.lang import yaml_documents
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import led_to, parts_of
from holdfast.ports.sign_in import SignIn


class Release(Struct, frozen=True):
    """`digest` is "" where the index gives none."""

    version: str
    urls: tuple[str, ...]
    digest: str = ""


Index: TypeAlias = Mapping[str, tuple[Release, ...]]


class _Known(Struct, frozen=True):
    etag: str
    index: Index


class HelmRepositories:
    """An index that has not changed is neither sent nor read again, where the server knows how to say so."""

    def __init__(self, http: Http, limits: ChartLimits, sign_in: SignIn) -> None:
        self._http = http
        self._limits = limits
        self._sign_in = sign_in
        self._known: dict[str, _Known] = {}

    async def index(self, access: RepositoryAccess) -> Index:
        known = self._known.get(access.url)
        opened = await self._sign_in(access)
        answer = await self._http.get(
            _index_url(access.url),
            opened,
            home=access.url,
            limit=self._limits.index_bytes,
            headers={"If-None-Match": known.etag} if known is not None else {},
            secret_headers=_secrets(opened),
        )
        if answer.status == 304 and known is not None:
            return known.index
        if answer.status != 200:
            raise failure(access, answer, "index.yaml")
        index = await asyncio.to_thread(parse, answer.body, self._limits, shown_url(access.url))
        self._known.pop(access.url, None)
        if "etag" in answer.headers:
            self._known[access.url] = _Known(answer.headers["etag"], index)
        return index

    async def archive(self, access: RepositoryAccess, release: Release, chart: str) -> bytes:
        if not release.urls:
            raise Blocked("ChartDamaged", f"{_what(access, chart)}: its index names no address of {release.version}")
        opened = await self._sign_in(access)
        answer = await self._http.get(
            led_to(_folder(access.url), release.urls[0]),
            opened,
            home=access.url,
            limit=self._limits.archive_bytes,
            secret_headers=_secrets(opened),
        )
        if answer.status != 200:
            raise failure(access, answer, f"chart {chart} {release.version}")
        return answer.body


def release_of(index: Index, access: RepositoryAccess, chart: str, wanted: str) -> Release:
    """Raises Blocked ChartNotFound and RevisionNotFound."""
    releases = index.get(chart)
    if not releases:
        raise Blocked("ChartNotFound", f"repository {shown_url(access.url)} has no chart {chart!r}")
    version = chosen([release.version for release in releases], wanted, _what(access, chart))
    return next(release for release in releases if release.version == version)


def parse(content: bytes, limits: ChartLimits, url: str) -> Index:
    """Raises Blocked ChartDamaged."""
    bounds = yaml_documents.YamlLimits(bytes=limits.index_bytes, nodes=limits.index_nodes)
    try:
        said: Any = msgspec.json.decode(content) if content[:1] == b"{" else yaml_documents.load_one(content, bounds)
    except (yaml_documents.YamlInvalid, msgspec.DecodeError, RecursionError) as error:
        raise Blocked("ChartDamaged", f"repository {url}: index.yaml cannot be read: {error}") from error
    entries = said.get("entries") if isinstance(said, dict) else None
    if not isinstance(entries, dict):
        raise Blocked("ChartDamaged", f"repository {url}: index.yaml has no entries")
    return {
        str(name): tuple(_release(one) for one in releases if isinstance(one, dict) and one.get("version"))
        for name, releases in entries.items()
        if isinstance(releases, list)
    }


def _release(said: Mapping[str, Any]) -> Release:
    urls = said.get("urls")
    return Release(
        version=str(said["version"]),
        urls=tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else (),
        digest=str(said.get("digest") or "").removeprefix("sha256:").lower(),
    )


def _secrets(access: RepositoryAccess) -> dict[str, str]:
    if access.bearer_token:
        return {"Authorization": f"Bearer {access.bearer_token.strip()}"}
    if access.username or access.password:
        return {"Authorization": basic(access.username, access.password)}
    return {}


def _folder(url: str) -> str:
    """`url` itself where it is no address."""
    parts = parts_of(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/", fragment="")) if parts.scheme else url


def _index_url(url: str) -> str:
    parts = parts_of(_folder(url))
    return urlunsplit(parts._replace(path=parts.path + "index.yaml")) if parts.scheme else url


def _what(access: RepositoryAccess, chart: str) -> str:
    return f"chart {chart} of repository {shown_url(access.url)}"
