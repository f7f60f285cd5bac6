"""Tells GitHub of a commit.

Source: https://docs.github.com/en/rest: commits/statuses, checks/runs, deployments, commits/commits (pulls), issues/comments, apps
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from holdfast.adapters.notify.answers import check, parsed
from holdfast.adapters.notify.http import Http
from holdfast.engine.notify.services.asked import bearer, checked_headers
from holdfast.model.notification import Accepted, CommitNews, GitHubApp, HttpRequest
from holdfast.ports.notifications import Undelivered
from holdfast.runtime.github_app_proof import proof

MOST_PULL_REQUESTS: Final = 10
_ACCEPT: Final = ("Accept", "application/vnd.github+json")


async def send(http: Http, news: CommitNews, *, guarded: bool) -> None:
    """The comment is last: of all that is told it alone would be there twice after another attempt. Raises Undelivered."""
    hub = _GitHub(http, news, guarded)
    await hub.sign_in()
    if news.status is not None:
        await hub.ask("POST", f"statuses/{quote(news.revision, safe='')}", news.status)
    if news.check_run is not None:
        await hub.ask("POST", "check-runs", news.check_run)
    if news.deployment is not None:
        deployment = await _deployment(hub, news)
        await hub.ask("POST", f"deployments/{deployment}/statuses", news.deployment_status)
    if news.comment:
        await _comment(hub, news)


async def _deployment(hub: _GitHub, news: CommitNews) -> int:
    """The one of this commit in this environment, made where there is none."""
    assert news.deployment is not None  # noqa: S101 - asked by the caller
    wanted = {"ref": news.deployment["ref"], "environment": news.deployment["environment"], "per_page": 1}
    for one in _listed(await hub.ask("GET", f"deployments?{urlencode(wanted)}")):
        return _number(one, "id")
    return _number(await hub.ask("POST", "deployments", news.deployment), "id")


async def _comment(hub: _GitHub, news: CommitNews) -> None:
    found = _listed(
        await hub.ask("GET", f"commits/{quote(news.revision, safe='')}/pulls?per_page={MOST_PULL_REQUESTS}")
    )
    for one in found[:MOST_PULL_REQUESTS]:
        await hub.ask("POST", f"issues/{_number(one, 'number')}/comments", {"body": news.comment})


class _GitHub:
    def __init__(self, http: Http, news: CommitNews, guarded: bool) -> None:
        self._http = http
        self._news = news
        self._guarded = guarded
        self._token = news.token

    async def sign_in(self) -> None:
        if self._news.app is None:
            return
        path = f"app/installations/{quote(self._news.app.installation, safe='')}/access_tokens"
        found = await self._asked("POST", path, None, self._proof(self._news.app))
        token = found.get("token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token:
            raise Undelivered("GitHub gives the app no token", may_pass=False)
        self._token = token

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """`path` is within the repository."""
        return await self._asked(method, f"repos/{self._news.repository}/{path}", body, self._token)

    async def _asked(self, method: str, path: str, body: Any, token: str) -> Any:
        request = HttpRequest(
            f"{self._news.api}/{path}",
            method,
            checked_headers((_ACCEPT, bearer(token))),
            b"" if body is None else msgspec.json.encode(body),
        )
        answer = await self._http.ask(request, guarded=self._guarded)
        check(answer, Accepted.BY_STATUS)
        return parsed(answer)

    def _proof(self, app: GitHubApp) -> str:
        try:
            return proof(app.id, app.key, self._news.at)
        except ValueError as error:
            raise Undelivered(f"privateKey {error}", may_pass=False) from error


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _number(found: Any, field: str) -> int:
    number = found.get(field) if isinstance(found, dict) else None
    if not isinstance(number, int):
        raise Undelivered(f"GitHub answers without the {field} of what it was asked for", may_pass=False)
    return number
