"""Short-lived tokens of a GitHub App, in the place of a user and a password.

Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import ssl
from typing import Any, Final
from urllib.parse import quote

import msgspec

from holdfast.adapters.credentials.short_lived import Token, Tokens, answer
from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime.bounded_http import BoundedHttp
from holdfast.runtime.github_app_proof import proof
from holdfast.runtime.trust import trust_in

PUBLIC_API: Final = "https://api.github.com"
USER: Final = "x-access-token"


class GitHubApps:
    """One token for each installation, used until shortly before it ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens = Tokens(clock)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        """The access with a token, where it is that of an app; else as it is. Raises Blocked and Transient."""
        if not (access.github_app_private_key and access.github_app_id and access.url.lower().startswith("http")):
            return access
        owner, name = _place(access)
        key = (
            access.github_app_id,
            access.github_app_private_key,
            _api(access),
            access.github_app_installation_id or owner,
        )
        token = await self._tokens.of(key, lambda: self._ask(access, owner, name))
        return msgspec.structs.replace(access, username=USER, password=token, github_app_private_key="")

    async def _ask(self, access: RepositoryAccess, owner: str, name: str) -> Token:
        signed = self._signed(access)
        async with BoundedHttp() as http:
            installation = access.github_app_installation_id
            if not installation:
                place = f"repos/{quote(owner, safe='')}/{quote(name, safe='')}/installation"
                installation = str((await _json(http, signed, "GET", access, place)).get("id", ""))
            place = f"app/installations/{quote(installation, safe='')}/access_tokens"
            said = await _json(http, signed, "POST", access, place)
        try:
            return msgspec.convert(said, Token)
        except msgspec.ValidationError as error:
            raise _refused(access, f"the answer holds no token ({error})") from error

    def _signed(self, access: RepositoryAccess) -> str:
        try:
            return proof(access.github_app_id, access.github_app_private_key, self._clock.now())
        except ValueError as error:
            raise Blocked(
                "SecretInvalid",
                f"repository {shown_url(access.url)}: githubAppPrivateKey of its Secret {error}",
            ) from error


async def _json(http: BoundedHttp, signed: str, method: str, access: RepositoryAccess, path: str) -> dict[str, Any]:
    headers = (("Authorization", f"Bearer {signed}"), ("Accept", "application/vnd.github+json"))
    url = f"{_api(access)}/{path}"
    status, body = await answer(http, access, method, url, headers=headers, tls=_trust(access))
    if status >= 300:
        raise _failure(access, status, path)
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise _refused(access, "the answer cannot be read") from error


def _trust(access: RepositoryAccess) -> ssl.SSLContext | bool:
    try:
        return trust_in(access.ca_certificates, access.insecure)
    except (ssl.SSLError, ValueError) as error:
        raise Blocked(
            "SecretInvalid", f"repository {shown_url(access.url)}: its authority in argocd-tls-certs-cm is no PEM"
        ) from error


def _failure(access: RepositoryAccess, status: int, path: str) -> HoldfastError:
    if status >= 500 or status == 429:
        shown = shown_url(access.url)
        return Transient("RepositoryUnreachable", f"repository {shown}: GitHub answers {status} to the app")
    if status == 404 and path.startswith("repos/"):
        return _refused(access, "it is not installed on this repository: install it, or name githubAppInstallationID")
    return _refused(access, f"GitHub answers {status}: check githubAppID, githubAppInstallationID and the private key")


def _refused(access: RepositoryAccess, why: str) -> Blocked:
    shown = shown_url(access.url)
    return Blocked("AuthenticationFailed", f"repository {shown}: GitHub App {access.github_app_id}: {why}")


def _api(access: RepositoryAccess) -> str:
    """The enterprise's own address is that of its API already, as Argo CD takes it."""
    return access.github_app_enterprise_url.rstrip("/") or PUBLIC_API


def _place(access: RepositoryAccess) -> tuple[str, str]:
    path = access.url.partition("://")[2].partition("/")[2].removesuffix(".git").strip("/")
    owner, _, name = path.partition("/")
    if not owner or not name or not host_of(access.url):
        raise _refused(access, "its repository must be named https://HOST/OWNER/NAME")
    return owner, name
