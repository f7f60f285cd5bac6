"""Short-lived tokens of clouds in the place of a user and a password: of a service account of Google, and of the identity
that Azure gives to this pod.

Sources: https://developers.google.com/identity/protocols/oauth2/service-account,
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec
from msgspec import Struct, structs

from holdfast.adapters.git.short_lived import TIMEOUT, Token, Tokens, answer
from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime import json_web_tokens

GOOGLE: Final = "https://oauth2.googleapis.com/token"
AZURE: Final = "https://login.microsoftonline.com"
_GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_AZURE_DEVOPS: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_AZURE_HOSTS: Final = ("dev.azure.com", "visualstudio.com")
_SIGNED_FOR: Final = timedelta(minutes=55)
_CLOCK_SKEW: Final = timedelta(minutes=1)


class ServiceAccount(Struct, frozen=True):
    """What counts of `gcpServiceAccountKey`: where it says to ask for tokens does not."""

    client_email: str
    private_key: str

    def __repr__(self) -> str:
        return f"ServiceAccount({self.client_email!r})"


class _Answer(Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class CloudTokens:
    """One token for each identity, used until shortly before it ends. `environment` is where Azure names the identity."""

    def __init__(
        self, clock: Clock, *, google: str = GOOGLE, azure: str = "", environment: Mapping[str, str] = os.environ
    ) -> None:
        self._clock = clock
        self._google = google
        self._azure = azure
        self._environment = environment
        self._tokens = Tokens(clock)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        """The access with a token, where it is that of a cloud; else as it is. Raises Blocked and Transient."""
        if not access.url.lower().startswith("http"):
            return access
        if access.gcp_service_account_key:
            account = _account(access)
            key = ("google", account.client_email, account.private_key)
            token = await self._tokens.of(key, lambda: self._ask(access, *self._google_request(access, account)))
            return structs.replace(access, username=account.client_email, password=token, gcp_service_account_key="")
        if access.azure_workload_identity:
            _check_host(access)
            token = await self._tokens.of(("azure",), lambda: self._ask(access, *self._azure_request(access)))
            return structs.replace(access, bearer_token=token, azure_workload_identity=False)
        return access

    async def _ask(self, access: RepositoryAccess, url: str, form: Mapping[str, str]) -> Token:
        now = self._clock.now()
        said = await _asked(access, url, form)
        return Token(said.access_token, now + timedelta(seconds=said.expires_in))

    def _google_request(self, access: RepositoryAccess, account: ServiceAccount) -> tuple[str, dict[str, str]]:
        now = self._clock.now()
        claims: dict[str, str | int] = {
            "iss": account.client_email,
            "scope": _GOOGLE_SCOPE,
            "aud": self._google,
            "iat": int((now - _CLOCK_SKEW).timestamp()),
            "exp": int((now + _SIGNED_FOR).timestamp()),
        }
        try:
            assertion = json_web_tokens.signed(claims, account.private_key)
        except ValueError as error:
            raise _invalid(access, f"private_key in it {error}") from error
        return self._google, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    def _azure_request(self, access: RepositoryAccess) -> tuple[str, dict[str, str]]:
        names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
        tenant, client, file = (self._environment.get(name, "") for name in names)
        try:
            assertion = Path(file).read_text(encoding="utf-8").strip() if tenant and client and file else ""
        except (OSError, UnicodeDecodeError):
            assertion = ""
        if not assertion:
            raise Blocked(
                "AuthenticationFailed",
                f"repository {shown_url(access.url)}: useAzureWorkloadIdentity of its Secret needs the identity that Azure "
                f"gives to the pod of the controller ({', '.join(names)}), and there is none: label the pod "
                'azure.workload.identity/use: "true", and annotate its ServiceAccount',
            )
        authority = self._azure or self._environment.get("AZURE_AUTHORITY_HOST", "") or AZURE
        return f"{authority.rstrip('/')}/{quote(tenant, safe='')}/oauth2/v2.0/token", {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": _AZURE_DEVOPS,
        }


async def _asked(access: RepositoryAccess, url: str, form: Mapping[str, str]) -> _Answer:
    """Those who give tokens are trusted as the system says: what the repository's host has to do with that is nothing."""
    host = urlsplit(url).hostname
    async with aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True) as session:
        status, body = await answer(session, access, "POST", url, data=form)
    if status != 200:
        raise _failure(access, host or url, status)
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise _refused(access, f"the answer of {host} holds no token") from error


def _account(access: RepositoryAccess) -> ServiceAccount:
    try:
        return msgspec.json.decode(access.gcp_service_account_key, type=ServiceAccount)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise _invalid(access, "it is not the JSON of a service account with client_email and private_key") from error


def _check_host(access: RepositoryAccess) -> None:
    """A token of this very process is shown to those alone whom it is for."""
    host = host_of(access.url).lower()
    if not access.url.lower().startswith("https://") or not any(
        host == one or host.endswith(f".{one}") for one in _AZURE_HOSTS
    ):
        raise Blocked(
            "AuthenticationFailed",
            f"repository {shown_url(access.url)}: useAzureWorkloadIdentity opens https addresses of Azure DevOps alone "
            f"({', '.join(_AZURE_HOSTS)})",
        )


def _failure(access: RepositoryAccess, host: str, status: int) -> HoldfastError:
    if status >= 500 or status == 429:
        return Transient("RepositoryUnreachable", f"repository {shown_url(access.url)}: {host} answers {status}")
    return _refused(access, f"{host} answers {status}: check the identity that its Secret names")


def _refused(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked("AuthenticationFailed", f"repository {shown_url(access.url)}: no token: {why}")


def _invalid(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked(
        "SecretInvalid", f"repository {shown_url(access.url)}: gcpServiceAccountKey of its Secret cannot be used: {why}"
    )
