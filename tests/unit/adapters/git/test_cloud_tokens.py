"""Tokens of clouds, against a server that runs in this process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from holdfast.adapters.git.cloud_tokens import CloudTokens
from holdfast.model.errors import HoldfastError
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.git.test_github_app import KEY, NOW, PEM, FixedClock
from tests.unit.adapters.local_http import serving

jwt = pytest.importorskip("joserfc.jwt")
pytestmark = pytest.mark.real_time

ACCOUNT = {"type": "service_account", "client_email": "reader@p.iam.gserviceaccount.com", "private_key": PEM}
GOOGLE = RepositoryAccess("https://source.example.com/p/web", gcp_service_account_key=json.dumps(ACCOUNT))
AZURE = RepositoryAccess("https://dev.azure.com/acme/shop/_git/web", azure_workload_identity=True)


class Givers:
    """`asked` holds the forms; `status` and `body` are answered where they are set."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.status = 200
        self.body = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({key: str(value) for key, value in (await request.post()).items()})
        self.paths.append(request.path)
        body = self.body or json.dumps({"access_token": f"token-{len(self.asked)}", "expires_in": 3600})
        return web.Response(status=self.status, text=body)


async def test_a_service_account_signs_for_a_token_that_is_used_until_shortly_before_it_ends() -> None:
    from joserfc.jwk import RSAKey

    givers, clock = Givers(), FixedClock()
    async with serving(givers.handle) as root:
        clouds = CloudTokens(clock, google=root)
        for _ in range(3):
            opened = await clouds.opened(GOOGLE)
            assert (opened.username, opened.password) == (ACCOUNT["client_email"], "token-1")
            assert opened.gcp_service_account_key == ""
        claims = jwt.decode(givers.asked[0]["assertion"], RSAKey.import_key(PEM), algorithms=["RS256"]).claims
        assert (claims["iss"], claims["aud"]) == (ACCOUNT["client_email"], root)
        assert claims["iat"] < NOW.timestamp() < claims["exp"]
        clock.time = NOW + timedelta(minutes=56)
        assert (await clouds.opened(GOOGLE)).password == "token-2"
    assert KEY.key_size == 2048


async def test_the_identity_of_the_pod_is_exchanged_for_a_token(tmp_path: Path) -> None:
    givers, file = Givers(), tmp_path / "token"
    file.write_text("projected\n")
    named = {"AZURE_TENANT_ID": "t/1", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": str(file)}
    async with serving(givers.handle) as root:
        opened = await CloudTokens(FixedClock(), azure=root, environment=named).opened(AZURE)
    assert opened.bearer_token == "token-1"
    assert givers.paths == ["/t%2F1/oauth2/v2.0/token"] or givers.paths == ["/t/1/oauth2/v2.0/token"]
    assert (givers.asked[0]["client_id"], givers.asked[0]["client_assertion"]) == ("c", "projected")


@pytest.mark.parametrize(
    ("access", "status", "body", "reason", "says"),
    [
        (GOOGLE, 400, "", "AuthenticationFailed", "answers 400"),
        (GOOGLE, 503, "", "RepositoryUnreachable", "answers 503"),
        (GOOGLE, 302, "", "AuthenticationFailed", "answers 302"),
        (GOOGLE, 200, "{}", "AuthenticationFailed", "holds no token"),
        (RepositoryAccess("https://h/x", gcp_service_account_key="secret"), 200, "", "SecretInvalid", "is not the JSON"),
        (
            RepositoryAccess("https://h/x", gcp_service_account_key=json.dumps({**ACCOUNT, "private_key": "secret"})),
            200,
            "",
            "SecretInvalid",
            "is no RSA key",
        ),
        (AZURE, 200, "", "AuthenticationFailed", "AZURE_TENANT_ID"),
        (
            RepositoryAccess("https://dev.azure.com.evil.example/x", azure_workload_identity=True),
            200,
            "",
            "AuthenticationFailed",
            "alone",
        ),
        (RepositoryAccess("http://dev.azure.com/x", azure_workload_identity=True), 200, "", "AuthenticationFailed", "alone"),
    ],
)  # fmt: skip
async def test_each_failure_has_its_reason_and_shows_no_secret(
    access: RepositoryAccess, status: int, body: str, reason: str, says: str
) -> None:
    givers = Givers()
    givers.status, givers.body = status, body
    async with serving(givers.handle) as root:
        with pytest.raises(HoldfastError) as caught:
            await CloudTokens(FixedClock(), google=root, azure=root, environment={}).opened(access)
    assert getattr(caught.value, "reason", "") == reason
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["git@dev.azure.com:v3/a/b/c", "https://h/x"])
async def test_other_credentials_are_left_as_they_are(url: str) -> None:
    access = RepositoryAccess(url, username="a", azure_workload_identity=url.startswith("git@"))
    assert await CloudTokens(FixedClock(), environment={}).opened(access) is access
