"""Tokens of clouds, against a server that runs in this process."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec import structs

from holdfast.adapters.credentials.cloud_tokens import CloudTokens
from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.credentials.test_github_app import KEY, NOW, PEM, FixedClock
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
        said = {
            "access_token": f"token-{len(self.asked)}",
            "expires_in": 3600,
            "refresh_token": f"re-{len(self.asked)}",
        }
        body = self.body or json.dumps(said)
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


async def test_a_token_that_comes_in_pieces_is_read_whole() -> None:
    whole = json.dumps({"access_token": "a" * 300_000, "expires_in": 3600}).encode()

    async def in_pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(whole), 50_000):
            await response.write(whole[start : start + 50_000])
            await asyncio.sleep(0.01)
        return response

    async with serving(in_pieces) as root:
        assert (await CloudTokens(FixedClock(), google=root).opened(GOOGLE)).password == "a" * 300_000


async def test_an_answer_without_end_holds_no_token() -> None:
    givers = Givers()
    givers.body = json.dumps({"access_token": "token"}) + " " * 2 * 1024**2
    async with serving(givers.handle) as root:
        with pytest.raises(Blocked, match="holds no token"):
            await CloudTokens(FixedClock(), google=root).opened(GOOGLE)


PRINCIPAL: dict[str, Any] = {"azure_client_id": "c", "azure_client_secret": "secret", "azure_tenant_id": "t"}


async def test_a_service_principal_opens_azure_devops() -> None:
    givers = Givers()
    async with serving(givers.handle) as root:
        clouds = CloudTokens(FixedClock(), azure=root, environment={})
        access = RepositoryAccess(AZURE.url, username="u", **PRINCIPAL)
        for _ in range(2):
            opened = await clouds.opened(access)
            assert (opened.bearer_token, opened.azure_client_id, opened.azure_client_secret) == ("token-1", "", "")
        other = await clouds.opened(structs.replace(access, azure_client_secret="renewed"))
        assert other.bearer_token == "token-2"
    assert givers.paths == ["/t/oauth2/v2.0/token"] * 2
    assert [(form["client_id"], form["client_secret"]) for form in givers.asked] == [("c", "secret"), ("c", "renewed")]
    assert givers.asked[0]["scope"].startswith("499b84ac-")


@pytest.mark.parametrize("url", ["oci://acme.azurecr.io/charts", "acme.azurecr.io/charts", "https://ACME.azurecr.io/c"])
async def test_a_registry_of_azure_exchanges_the_token_for_its_own(url: str, tmp_path: Path) -> None:
    givers, clock, file = Givers(), FixedClock(), tmp_path / "token"
    file.write_text("projected")
    named = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": str(file)}
    access = RepositoryAccess(url, azure_workload_identity=True, pass_credentials=True)
    async with serving(givers.handle) as root:
        clouds = CloudTokens(clock, azure=root, registry=root, environment=named)
        for _ in range(2):
            opened = await clouds.opened_charts(access)
            assert (opened.username, opened.password) == ("00000000-0000-0000-0000-000000000000", "re-2")
            assert not opened.pass_credentials
        assert givers.paths == ["/t/oauth2/v2.0/token", "/oauth2/exchange"]
        assert givers.asked[0]["scope"] == "https://containerregistry.azure.net/.default"
        assert givers.asked[1] == {
            "grant_type": "access_token",
            "service": "acme.azurecr.io",
            "access_token": "token-1",
        }
        clock.time = NOW + timedelta(minutes=56)
        assert (await clouds.opened_charts(access)).password == "re-4"
        principal = RepositoryAccess(url, **PRINCIPAL)
        assert (await clouds.opened_charts(principal)).password == "re-6"


async def test_a_registry_of_google_takes_the_token_as_a_password() -> None:
    givers = Givers()
    access = RepositoryAccess("oci://europe-docker.pkg.dev/p/charts", gcp_service_account_key=json.dumps(ACCOUNT))
    async with serving(givers.handle) as root:
        opened = await CloudTokens(FixedClock(), google=root).opened_charts(access)
    assert (opened.username, opened.password, opened.bearer_token) == ("oauth2accesstoken", "token-1", "token-1")
    assert opened.gcp_service_account_key == ""


ELSEWHERE = [
    "oci://acme.azurecr.io.evil.example/charts",
    "oci://acme.azurecr.io:443@evil.example/charts",
    "oci://evil.example/acme.azurecr.io",
    "oci://evil.example?.azurecr.io/charts",
    "oci://evil.example\\.azurecr.io/charts",
    "oci://evilazurecr.io/charts",
    "http://acme.azurecr.io/charts",
    "https://dev.azure.com/charts",
]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("how", [{"azure_workload_identity": True}, PRINCIPAL], ids=["pod", "principal"])
async def test_an_identity_of_azure_is_shown_to_its_registries_alone(url: str, how: dict[str, Any]) -> None:
    givers = Givers()
    async with serving(givers.handle) as root:
        clouds = CloudTokens(FixedClock(), azure=root, registry=root, environment={})
        with pytest.raises(Blocked) as caught:
            await clouds.opened_charts(RepositoryAccess(url, **how))
        with pytest.raises(Blocked):
            await clouds.opened_charts(RepositoryAccess("oci://acme.azurecr.io/c", force_http=True, **how))
    assert "by TLS alone" in caught.value.message
    assert givers.paths == []


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
        (RepositoryAccess(AZURE.url, **PRINCIPAL), 401, "", "AuthenticationFailed", "answers 401"),
        (RepositoryAccess(AZURE.url, azure_client_id="c"), 200, "", "SecretInvalid", "not both"),
        (RepositoryAccess(AZURE.url, **PRINCIPAL, azure_authority="http://h"), 200, "", "SecretInvalid", "no https"),
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
