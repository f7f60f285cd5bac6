"""A server that answers as the API of each host does, for one pull request of one repository.

The shapes are those of the public documentation of GitHub, GitLab, Bitbucket Cloud, Bitbucket Data Center, Gitea and Azure
DevOps, with what a client does not read left out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from holdfast.model.pull_request import HostedRepository, Provider
from tests.unit.adapters.local_http import serving

NUMBER = 12
HEAD = "a" * 40
TOKEN = "t0ken"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Said(Struct):
    """A comment. `foreign`: only its author may change it."""

    id: int
    body: str
    foreign: bool = False
    version: int = 0


class FakeHost:
    """State that a test may change at any time; `refusals` are given, in turn, instead of answers; `refuses_writes` is the
    status of every answer to a write."""

    def __init__(self, provider: Provider, path: str = "") -> None:
        self.provider = provider
        usual = {Provider.GITLAB: "group/sub/web", Provider.AZURE: "acme/Our Shop/web"}
        self.path = path or usual.get(provider, "team/web")
        self.head = HEAD
        self.base = "main"
        self.is_open = True
        self.is_fork = False
        self.comments: list[Said] = []
        self.statuses: list[tuple[str, str, str]] = []
        self.refusals: list[tuple[int, dict[str, str], bytes]] = []
        self.refuses_writes = 0
        self.asked: list[str] = []
        self.authorizations: set[str] = set()
        self.url = ""

    @property
    def repository(self) -> HostedRepository:
        return HostedRepository(self.provider, f"{self.url}/api", self.path)

    def say(self, body: str, *, foreign: bool = False) -> Said:
        said = Said(len(self.comments) + 1, body, foreign)
        self.comments.append(said)
        return said

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeHost]:
        async with serving(self._answer) as self.url:
            yield self

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.raw_path}")
        self.authorizations.add(request.headers.get("Authorization", ""))
        if self.refusals:
            status, headers, body = self.refusals.pop(0)
            return web.Response(status=status, headers=headers, body=body)
        if self.refuses_writes and request.method != "GET":
            return web.json_response({"message": "no"}, status=self.refuses_writes)
        for method, pattern, answer in self._routes():
            found = re.fullmatch(f"/api/{pattern}", request.raw_path.partition("?")[0])
            if found and method == request.method:
                answered: web.StreamResponse = await answer(request, *found.groups())
                return answered
        return web.json_response({"message": "Not Found"}, status=404)

    def _routes(self) -> list[tuple[str, str, Any]]:
        place = re.escape(self.path)
        match self.provider:
            case Provider.GITHUB | Provider.GITEA:
                return [
                    ("GET", f"repos/{place}/pulls/{NUMBER}", self._hub_pull),
                    ("POST", f"repos/{place}/statuses/(\\w+)", self._hub_status),
                    ("GET", f"repos/{place}/issues/{NUMBER}/comments", self._hub_comments),
                    ("POST", f"repos/{place}/issues/{NUMBER}/comments", self._create),
                    ("PATCH", f"repos/{place}/issues/comments/(\\d+)", self._update),
                ]
            case Provider.GITLAB:
                place = re.escape(self.path.replace("/", "%2F"))
                return [
                    ("GET", f"projects/{place}/merge_requests/{NUMBER}", self._lab_merge),
                    ("POST", f"projects/{place}/statuses/(\\w+)", self._lab_status),
                    ("GET", f"projects/{place}/merge_requests/{NUMBER}/notes", self._lab_notes),
                    ("POST", f"projects/{place}/merge_requests/{NUMBER}/notes", self._create),
                    ("PUT", f"projects/{place}/merge_requests/{NUMBER}/notes/(\\d+)", self._update),
                ]
            case Provider.BITBUCKET:
                pull = f"repositories/{place}/pullrequests/{NUMBER}"
                return [
                    ("GET", pull, self._cloud_pull),
                    ("GET", f"repositories/{place}/commit/(\\w+)", self._cloud_commit),
                    ("POST", f"repositories/{place}/commit/(\\w+)/statuses/build", self._build_status),
                    ("GET", f"{pull}/comments", self._cloud_comments),
                    ("POST", f"{pull}/comments", self._create),
                    ("PUT", f"{pull}/comments/(\\d+)", self._update),
                ]
            case Provider.BITBUCKET_SERVER:
                project, _, name = self.path.partition("/")
                place = f"projects/{re.escape(project)}/repos/{re.escape(name)}"
                return [
                    ("GET", f"{place}/pull-requests/{NUMBER}", self._server_pull),
                    ("POST", f"{place}/commits/(\\w+)/builds", self._build_status),
                    ("GET", f"{place}/pull-requests/{NUMBER}/activities", self._server_activities),
                    ("POST", f"{place}/pull-requests/{NUMBER}/comments", self._create),
                    ("PUT", f"{place}/pull-requests/{NUMBER}/comments/(\\d+)", self._server_update),
                ]

            case Provider.AZURE:
                project, _, name = self.path.replace(" ", "%20").rpartition("/")
                pull = f"{re.escape(project)}/_apis/git/repositories/{re.escape(name)}/pullRequests/{NUMBER}"
                return [
                    ("GET", pull, self._azure_pull),
                    ("GET", f"{pull}/iterations", self._azure_iterations),
                    ("POST", f"{pull}/statuses", self._azure_status),
                    ("GET", f"{pull}/threads", self._azure_threads),
                    ("POST", f"{pull}/threads", self._azure_create),
                    ("PATCH", f"{pull}/threads/(\\d+)/comments/1", self._azure_update),
                ]

    async def _hub_pull(self, _: web.Request) -> web.Response:
        source = {"full_name": "stranger/web" if self.is_fork else self.path}
        return web.json_response(
            {
                "number": NUMBER,
                "state": "open" if self.is_open else "closed",
                "html_url": f"https://host.example/{self.path}/pull/{NUMBER}",
                "head": {"ref": "topic", "sha": self.head, "repo": source},
                "base": {"ref": self.base, "sha": "b" * 40, "repo": {"full_name": self.path}},
            }
        )

    async def _hub_status(self, request: web.Request, commit: str) -> web.Response:
        body = await request.json()
        assert commit == self.head
        assert body["state"] in ("pending", "success", "failure")
        assert len(body["description"]) <= 140
        self.statuses.append((body["context"], body["state"], body["description"]))
        return web.json_response({"id": 1, "state": body["state"]}, status=201)

    async def _hub_comments(self, request: web.Request) -> web.Response:
        size = int(request.query.get("per_page") or request.query.get("limit") or 30)
        page = int(request.query.get("page", 1))
        shown = self.comments[(page - 1) * size : page * size]
        more = len(self.comments) > page * size
        link = (
            {"Link": f'<{self.url}/api/next?page={page + 1}>; rel="next", <{self.url}/x>; rel="last"'} if more else {}
        )
        return web.json_response([{"id": it.id, "body": it.body, "user": {"login": "x"}} for it in shown], headers=link)

    async def _lab_merge(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "iid": NUMBER,
                "sha": self.head,
                "state": "opened" if self.is_open else "merged",
                "target_branch": self.base,
                "source_project_id": 8 if self.is_fork else 7,
                "target_project_id": 7,
                "web_url": f"https://host.example/{self.path}/-/merge_requests/{NUMBER}",
            }
        )

    async def _lab_status(self, request: web.Request, commit: str) -> web.Response:
        body = await request.json()
        assert commit == self.head
        if self.statuses and self.statuses[-1][:2] == (body["name"], body["state"]):
            return web.json_response({"message": "Cannot transition status via :enqueue from :pending"}, status=400)
        assert body["state"] in ("pending", "success", "failed")
        self.statuses.append((body["name"], body["state"], body["description"]))
        return web.json_response({"id": 1, "status": body["state"]}, status=201)

    async def _lab_notes(self, request: web.Request) -> web.Response:
        size, page = int(request.query.get("per_page", 20)), int(request.query.get("page", 1))
        shown = self.comments[(page - 1) * size : page * size]
        more = len(self.comments) > page * size
        return web.json_response(
            [{"id": it.id, "body": it.body, "system": False} for it in shown]
            + [{"id": 9999, "body": "added 1 commit", "system": True}],
            headers={"X-Next-Page": str(page + 1) if more else ""},
        )

    async def _cloud_pull(self, _: web.Request) -> web.Response:
        source = {"full_name": "stranger/web"} if self.is_fork else {"full_name": self.path}
        return web.json_response(
            {
                "id": NUMBER,
                "state": "OPEN" if self.is_open else "MERGED",
                "source": {"branch": {"name": "topic"}, "commit": {"hash": self.head[:12]}, "repository": source},
                "destination": {"branch": {"name": self.base}, "repository": {"full_name": self.path}},
                "links": {"html": {"href": f"https://bitbucket.org/{self.path}/pull-requests/{NUMBER}"}},
            }
        )

    async def _cloud_commit(self, _: web.Request, commit: str) -> web.Response:
        assert self.head.startswith(commit)
        return web.json_response({"type": "commit", "hash": self.head})

    async def _build_status(self, request: web.Request, commit: str) -> web.Response:
        body = await request.json()
        assert commit == self.head
        assert body["state"] in ("INPROGRESS", "SUCCESSFUL", "FAILED")
        assert body["url"].startswith("https://"), "it is wanted"
        assert len(body["key"]) <= 40
        self.statuses.append((body["key"], body["state"], body["description"]))
        return web.json_response({}, status=201)

    async def _cloud_comments(self, request: web.Request) -> web.Response:
        size, page = int(request.query.get("pagelen", 10)), int(request.query.get("page", 1))
        assert size <= 100
        shown = self.comments[(page - 1) * size : page * size]
        answer: dict[str, Any] = {
            "values": [
                {"id": it.id, "content": {"raw": it.body, "markup": "markdown"}, "deleted": False} for it in shown
            ]
        }
        if len(self.comments) > page * size:
            answer["next"] = f"{self.url}/api/next?page={page + 1}"
        return web.json_response(answer)

    async def _server_pull(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "id": NUMBER,
                "state": "OPEN" if self.is_open else "DECLINED",
                "fromRef": {
                    "id": "refs/heads/topic",
                    "displayId": "topic",
                    "latestCommit": self.head,
                    "repository": {"id": 8 if self.is_fork else 7, "slug": "web"},
                },
                "toRef": {"id": f"refs/heads/{self.base}", "displayId": self.base, "repository": {"id": 7}},
                "links": {"self": [{"href": f"https://host.example/{self.path}/pull-requests/{NUMBER}"}]},
            }
        )

    async def _server_activities(self, request: web.Request) -> web.Response:
        size, start = int(request.query.get("limit", 25)), int(request.query.get("start", 0))
        newest = [
            {
                "action": "COMMENTED",
                "commentAction": "ADDED",
                "comment": {"id": it.id, "text": it.body, "version": it.version},
            }
            for it in reversed(self.comments)
        ]
        whole = [*newest, {"action": "OPENED"}]
        more = len(whole) > start + size
        return web.json_response(
            {
                "values": whole[start : start + size],
                "isLastPage": not more,
                "nextPageStart": start + size if more else None,
            }
        )

    async def _azure_pull(self, request: web.Request) -> web.Response:
        assert request.query["api-version"] == "7.1"
        fork = {"forkSource": {"repository": {"name": "web"}}} if self.is_fork else {}
        return web.json_response(
            {
                "pullRequestId": NUMBER,
                "status": "active" if self.is_open else "completed",
                "sourceRefName": "refs/heads/topic",
                "targetRefName": f"refs/heads/{self.base}",
                "lastMergeSourceCommit": {"commitId": self.head, "url": "https://dev.azure.com/x"},
                "lastMergeTargetCommit": {"commitId": "b" * 40},
                "repository": {"name": "web", "webUrl": "https://dev.azure.com/acme/Our%20Shop/_git/web"},
                **fork,
            }
        )

    async def _azure_iterations(self, _: web.Request) -> web.Response:
        heads = ["c" * 40, self.head]
        found = [{"id": number, "sourceRefCommit": {"commitId": head}} for number, head in enumerate(heads, 1)]
        return web.json_response({"value": found, "count": len(found)})

    async def _azure_status(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert request.query["api-version"] == "7.1"
        assert body["state"] in ("pending", "succeeded", "failed")
        assert body["iterationId"] == 2
        context = f"{body['context']['genre']}/{body['context']['name']}"
        self.statuses.append((context, body["state"], body["description"]))
        return web.json_response({"id": 1, "state": body["state"]})

    async def _azure_threads(self, _: web.Request) -> web.Response:
        def thread(number: int, content: str, kind: str = "text") -> dict[str, Any]:
            answer = {"id": 2, "parentCommentId": 1, "content": content, "commentType": "text"}
            first = {"id": 1, "parentCommentId": 0, "content": content, "commentType": kind, "isDeleted": False}
            return {"id": number, "comments": [first, answer], "isDeleted": False}

        found = [thread(it.id, it.body) for it in self.comments]
        found += [thread(9999, "Ada joined as a reviewer", "system"), {**thread(9998, "gone"), "isDeleted": True}]
        return web.json_response({"value": found, "count": len(found)})

    async def _azure_create(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert body["status"] == "closed"
        (first,) = body["comments"]
        said = self.say(first["content"].rstrip())
        return web.json_response({"id": said.id, "comments": [{"id": 1}]})

    async def _azure_update(self, request: web.Request, number: str) -> web.Response:
        said = self.comments[int(number) - 1]
        if said.foreign:
            return web.json_response({"message": "TF401027: You need the permission"}, status=403)
        said.body = (await request.json())["content"].rstrip()
        return web.json_response({"id": 1})

    async def _create(self, request: web.Request) -> web.Response:
        said = self.say(_body(await request.json()))
        return web.json_response({"id": said.id}, status=201)

    async def _update(self, request: web.Request, number: str) -> web.Response:
        said = self.comments[int(number) - 1]
        if said.foreign:
            return web.json_response({"message": "Must have admin rights to Repository."}, status=403)
        said.body = _body(await request.json())
        return web.json_response({"id": said.id})

    async def _server_update(self, request: web.Request, number: str) -> web.Response:
        said = self.comments[int(number) - 1]
        if (await request.json()).get("version") != said.version:
            return web.json_response({"errors": [{"message": "out of date"}]}, status=409)
        answer = await self._update(request, number)
        if answer.status == 200:
            said.version += 1
        return answer


def _body(document: Any) -> str:
    """As hosts keep text: without blanks at its end."""
    text = document.get("body") or document.get("text") or document["content"]["raw"]
    assert isinstance(text, str)
    return text.rstrip()


def json_body(document: Any) -> bytes:
    return msgspec.json.encode(document)
