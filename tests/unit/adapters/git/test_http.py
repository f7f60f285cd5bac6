"""Passwords, certificates, refusals and silence, against HTTP servers that run in this process."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from pathlib import Path

import pytest
from aiohttp import web

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.local_http import Handler, certificate, serving

pytestmark = pytest.mark.real_time

BACKEND = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())


def backend_for(origin: Origin, authorization: str = "") -> Handler:
    """git's own smart HTTP server, behind a check of the Authorization header."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if authorization and request.headers.get("Authorization") != authorization:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(origin.path.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        }
        child = await asyncio.create_subprocess_exec(
            str(BACKEND / "git-http-backend"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=env
        )
        output, _ = await child.communicate(await request.read())
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return web.Response(status=int(headers.pop("Status", "200")[:3]), headers=headers, body=body)

    return handle


async def refusal(access: RepositoryAccess, directory: Path, limits: GitLimits) -> HoldfastError:
    subject = GitRepositories(directory, clock=SystemClock(), limits=limits)
    try:
        with pytest.raises(HoldfastError) as caught:
            await subject.resolve(access, "main")
    finally:
        await subject.close()
    return caught.value


@pytest.mark.parametrize(
    ("access", "header"),
    [
        (
            RepositoryAccess("", username="ada", password="s3cret\n"),
            "Basic " + base64.b64encode(b"ada:s3cret").decode(),
        ),
        (RepositoryAccess("", bearer_token="token"), "Bearer token"),
    ],
)
async def test_credentials_open_a_repository_over_https(
    origin: Origin, tmp_path: Path, limits: GitLimits, access: RepositoryAccess, header: str
) -> None:
    commit = origin.commit(a="1")
    authority, tls = certificate(tmp_path)
    async with serving(backend_for(origin, header), tls) as root:
        subject = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=limits)
        opened = RepositoryAccess(
            f"{root}/origin/.git",
            username=access.username,
            password=access.password,
            bearer_token=access.bearer_token,
            ca_certificates=authority,
        )
        assert await subject.resolve(opened, "main") == commit
        assert subject.open(await subject.fetch(opened, commit)).read("a") == b"1"
        await subject.close()


async def test_credentials_in_the_url_work_and_are_never_shown(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commit = origin.commit(a="1")
    header = "Basic " + base64.b64encode(b"ada:p@ss").decode()
    async with serving(backend_for(origin, header)) as root:
        inside = root.replace("http://", "http://ada:p%40ss@")
        subject = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=limits)
        assert await subject.resolve(RepositoryAccess(f"{inside}/origin/.git"), "main") == commit
        await subject.close()
        error = await refusal(RepositoryAccess(f"{inside}/gone/.git"), tmp_path / "mirrors", limits)
    assert isinstance(error, Blocked)
    assert error.reason == "RepositoryNotFound"
    assert "p%40ss" not in error.message
    assert "p@ss" not in error.message


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, Blocked, "AuthenticationFailed"),
        (403, Blocked, "AuthenticationFailed"),
        (404, Blocked, "RepositoryNotFound"),
        (500, Transient, "RepositoryUnreachable"),
        (503, Transient, "RepositoryUnreachable"),
    ],
)
async def test_each_answer_of_a_host_has_its_reason(
    tmp_path: Path, limits: GitLimits, status: int, kind: type[Blocked | Transient], reason: str
) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"WWW-Authenticate": 'Basic realm="git"'} if status == 401 else {})

    async with serving(handle) as root:
        access = RepositoryAccess(f"{root}/team/app.git", username="ada", password="s3cret")
        error = await refusal(access, tmp_path / "mirrors", limits)
    assert isinstance(error, kind)
    assert error.reason == reason
    assert f"{root}/team/app.git" in error.message
    assert "s3cret" not in error.message


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    _, tls = certificate(tmp_path)
    async with serving(backend_for(origin), tls) as root:
        error = await refusal(RepositoryAccess(f"{root}/origin/.git"), tmp_path / "mirrors", limits)
    assert isinstance(error, Blocked)
    assert error.reason == "CertificateUntrusted"
    assert "argocd-tls-certs-cm under the key 127.0.0.1" in error.message


async def test_a_host_that_never_answers_is_given_up(tmp_path: Path) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(handle) as root:
        access = RepositoryAccess(f"{root}/team/app.git")
        error = await refusal(access, tmp_path / "mirrors", GitLimits(resolve_seconds=0.3))
    assert isinstance(error, Transient)
    assert error.reason == "RepositoryTimeout"
    assert "no end after 0.3 s" in error.message


async def test_a_host_that_does_not_exist_may_come_back(tmp_path: Path, limits: GitLimits) -> None:
    error = await refusal(RepositoryAccess("http://127.0.0.1:1/team/app.git"), tmp_path / "mirrors", limits)
    assert isinstance(error, Transient)
    assert error.reason == "RepositoryUnreachable"


async def test_a_redirect_to_plain_http_is_not_followed(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    authority, tls = certificate(tmp_path)

    async with serving(backend_for(origin)) as plain:

        async def redirect(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{plain}{request.path_qs}")

        async with serving(redirect, tls) as root:
            access = RepositoryAccess(f"{root}/origin/.git", ca_certificates=authority)
            error = await refusal(access, tmp_path / "mirrors", limits)
    assert isinstance(error, Blocked)
    assert error.reason == "RepositoryURLInvalid"
