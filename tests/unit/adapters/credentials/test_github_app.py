"""Tokens of a GitHub App, against an API that runs in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from holdfast.adapters.credentials.github_app import GitHubApps
from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.local_http import serving

jwt = pytest.importorskip("joserfc.jwt")
pytestmark = pytest.mark.real_time

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


class FixedClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Api:
    """`asked` holds the paths; `status` is answered instead of a token when it is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        from joserfc.jwk import RSAKey

        self.asked.append(f"{request.method} {request.path}")
        if self.status:
            return web.Response(status=self.status)
        public = KEY.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        token = request.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, RSAKey.import_key(public), algorithms=["RS256"]).claims
        assert (claims["iss"], claims["exp"] - claims["iat"]) == ("77", 600)
        if request.path.endswith("/installation"):
            return web.json_response({"id": 5})
        number = len(self.asked)
        return web.json_response({"token": f"token-{number}", "expires_at": "2026-05-01T13:00:00Z"}, status=201)


def access_to(api: str, **more: Any) -> RepositoryAccess:
    given = {"github_app_id": "77", "github_app_private_key": PEM, "github_app_enterprise_url": api, **more}
    return RepositoryAccess("https://github.example.com/acme/shop.git", **given)


async def test_a_token_is_asked_for_once_and_renewed_before_it_ends() -> None:
    api, clock = Api(), FixedClock()
    async with serving(api.handle) as root:
        apps = GitHubApps(clock)
        for _ in range(3):
            opened = await apps.opened(access_to(root, github_app_installation_id="9"))
            assert (opened.username, opened.password) == ("x-access-token", "token-1")
        clock.time = NOW + timedelta(minutes=56)
        opened = await apps.opened(access_to(root, github_app_installation_id="9"))
        assert opened.password == "token-2"
        assert api.asked == ["POST /app/installations/9/access_tokens"] * 2


async def test_the_installation_of_a_repository_is_looked_up() -> None:
    api = Api()
    async with serving(api.handle) as root:
        await GitHubApps(FixedClock()).opened(access_to(root))
    assert api.asked == ["GET /repos/acme/shop/installation", "POST /app/installations/5/access_tokens"]


@pytest.mark.parametrize(
    ("no_proxy", "by_proxy"),
    [("", True), ("git.example.com", True), ("git.example.com, 127.0.0.1", False)],
)
async def test_a_token_is_asked_for_through_the_proxy_unless_the_host_is_excepted(
    no_proxy: str, by_proxy: bool
) -> None:
    api, proxy = Api(), Api()
    async with serving(api.handle) as root, serving(proxy.handle) as way:
        access = access_to(root, github_app_installation_id="9", proxy=way, no_proxy=no_proxy)
        assert (await GitHubApps(FixedClock()).opened(access)).password == "token-1"
    assert (len(proxy.asked), len(api.asked)) == ((1, 0) if by_proxy else (0, 1))


@pytest.mark.parametrize(
    ("status", "more", "reason"),
    [
        (401, {}, "AuthenticationFailed"),
        (404, {}, "AuthenticationFailed"),
        (503, {}, "RepositoryUnreachable"),
        (0, {"github_app_private_key": "no key"}, "SecretInvalid"),
        (302, {}, "AuthenticationFailed"),
        (0, {"ca_certificates": "no key"}, "SecretInvalid"),
    ],
)
async def test_each_failure_has_its_reason_and_shows_no_secret(status: int, more: dict[str, str], reason: str) -> None:
    api = Api()
    api.status = status
    async with serving(api.handle) as root:
        with pytest.raises(HoldfastError) as caught:
            await GitHubApps(FixedClock()).opened(access_to(root, **more))
    assert getattr(caught.value, "reason", "") == reason
    assert "PRIVATE" not in str(caught.value)
    assert "no key" not in str(caught.value)


async def test_other_credentials_are_left_as_they_are() -> None:
    access = RepositoryAccess("https://github.example.com/acme/shop.git", username="a", password="b")
    assert await GitHubApps(FixedClock()).opened(access) is access
    with pytest.raises(Blocked):
        await GitHubApps(FixedClock()).opened(
            RepositoryAccess("https://github.example.com", github_app_id="1", github_app_private_key=PEM)
        )
