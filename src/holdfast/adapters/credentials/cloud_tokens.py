"""Short-lived tokens of clouds in the place of a user and a password: of a service account of Google, and of identities of
Azure.

Sources: https://developers.google.com/identity/protocols/oauth2/service-account,
https://cloud.google.com/artifact-registry/docs/docker/authentication#token
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from msgspec import Struct, structs

from holdfast.adapters.credentials import azure_tokens
from holdfast.adapters.credentials.azure_tokens import AzureTokens
from holdfast.adapters.credentials.short_lived import Token, Tokens
from holdfast.adapters.credentials.token_answers import asked
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime import json_web_tokens

GOOGLE: Final = "https://oauth2.googleapis.com/token"
GOOGLE_REGISTRY_USER: Final = "oauth2accesstoken"
_GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
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
    """One token for each identity, used until shortly before it ends. `environment` is where Azure names the identity of
    the pod; `azure` and `registry` are as AzureTokens has them."""

    def __init__(
        self,
        clock: Clock,
        *,
        google: str = GOOGLE,
        azure: str = "",
        registry: str = "",
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._clock = clock
        self._google = google
        self._azure = AzureTokens(clock, authority=azure, registry=registry, environment=environment)
        self._tokens = Tokens(clock)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        """The access to a Git repository with a token, where it is that of a cloud; else as it is. Raises Blocked and
        Transient."""
        if not access.url.lower().startswith("http"):
            return access
        if access.gcp_service_account_key:
            account = _account(access)
            token = await self._of_google(access, account)
            return structs.replace(access, username=account.client_email, password=token, gcp_service_account_key="")
        if access.is_of_azure:
            token = await self._azure.of_dev_ops(access)
            return structs.replace(_without_azure(access), bearer_token=token)
        return access

    async def opened_charts(self, access: RepositoryAccess) -> RepositoryAccess:
        """The same for a Helm repository or a registry: these want a user and a password, to give a token of their own for
        them. A Helm repository takes Google's token itself, as its buckets do."""
        if access.gcp_service_account_key:
            token = await self._of_google(access, _account(access))
            return structs.replace(
                access,
                username=GOOGLE_REGISTRY_USER,
                password=token,
                bearer_token=token,
                gcp_service_account_key="",
            )
        if access.is_of_azure:
            password = await self._azure.of_registry(access)
            return structs.replace(
                _without_azure(access),
                username=azure_tokens.REGISTRY_USER,
                password=password,
                bearer_token="",
                pass_credentials=False,
            )
        return access

    async def _of_google(self, access: RepositoryAccess, account: ServiceAccount) -> str:
        key = (account.client_email, account.private_key)
        return await self._tokens.of(key, lambda: self._ask_google(access, account))

    async def _ask_google(self, access: RepositoryAccess, account: ServiceAccount) -> Token:
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
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        said = await asked(access, self._google, form, _Answer)
        return Token(said.access_token, now + timedelta(seconds=said.expires_in))


def _without_azure(access: RepositoryAccess) -> RepositoryAccess:
    return structs.replace(access, azure_workload_identity=False, azure_client_id="", azure_client_secret="")


def _account(access: RepositoryAccess) -> ServiceAccount:
    try:
        return msgspec.json.decode(access.gcp_service_account_key, type=ServiceAccount)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise _invalid(access, "it is not the JSON of a service account with client_email and private_key") from error


def _invalid(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked(
        "SecretInvalid", f"repository {shown_url(access.url)}: gcpServiceAccountKey of its Secret cannot be used: {why}"
    )
