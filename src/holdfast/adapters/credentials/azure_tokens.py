"""Short-lived tokens of Azure: for the identity that it gives to this pod, or for a service principal of a Secret.

Sources: https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow, and for registries
https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from holdfast.adapters.credentials.short_lived import Token, Tokens
from holdfast.adapters.credentials.token_answers import asked
from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import parts_of
from holdfast.ports.clock import Clock

AZURE: Final = "https://login.microsoftonline.com"
REGISTRY_USER: Final = "00000000-0000-0000-0000-000000000000"
"""The name with which a registry of Azure takes a refresh token for a password."""

_DEV_OPS: Final = ("dev.azure.com", "visualstudio.com")
_REGISTRIES: Final = ("azurecr.io", "azurecr.cn", "azurecr.us")
_HOST: Final = re.compile(r"[a-z0-9.-]+")
_DEV_OPS_SCOPE: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_REGISTRY_SCOPE: Final = "https://containerregistry.azure.net/.default"
_EXCHANGED_FOR: Final = timedelta(hours=1)
"""A refresh token of a registry ends after three."""


class _Answer(Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class _Exchanged(Struct, frozen=True):
    refresh_token: str


class AzureTokens:
    """`authority` is asked for tokens, "" for the one that the environment or the Secret names; `registry` stands in the
    place of every registry where it is given."""

    def __init__(
        self, clock: Clock, *, authority: str = "", registry: str = "", environment: Mapping[str, str] = os.environ
    ) -> None:
        self._clock = clock
        self._authority = authority
        self._registry = registry
        self._environment = environment
        self._tokens = Tokens(clock)

    async def of_dev_ops(self, access: RepositoryAccess) -> str:
        """Raises Blocked and Transient."""
        if not access.url.lower().startswith("https://") or not _lies_at(host_of(access.url).lower(), _DEV_OPS):
            raise _not_theirs(access, "Azure DevOps", _DEV_OPS)
        return await self._token(access, _DEV_OPS_SCOPE)

    async def of_registry(self, access: RepositoryAccess) -> str:
        """The password for REGISTRY_USER. Raises Blocked and Transient."""
        host = _registry_host(access)
        if not _lies_at(host, _REGISTRIES):
            raise _not_theirs(access, "registries of Azure", _REGISTRIES)
        token = await self._token(access, _REGISTRY_SCOPE)
        return await self._tokens.of(
            ("registry", host, *_identity(access)), lambda: self._exchange(access, host, token)
        )

    async def _token(self, access: RepositoryAccess, scope: str) -> str:
        return await self._tokens.of((scope, *_identity(access)), lambda: self._ask(access, scope))

    async def _ask(self, access: RepositoryAccess, scope: str) -> Token:
        now = self._clock.now()
        authority, tenant, proof = self._principal(access) if access.azure_client_id else self._pod(access)
        url = f"{(self._authority or authority).rstrip('/')}/{quote(tenant, safe='')}/oauth2/v2.0/token"
        form = {"grant_type": "client_credentials", "scope": scope, **proof}
        said = await asked(access, url, form, _Answer)
        return Token(said.access_token, now + timedelta(seconds=said.expires_in))

    def _principal(self, access: RepositoryAccess) -> tuple[str, str, dict[str, str]]:
        if not (access.azure_client_secret and access.azure_tenant_id):
            raise Blocked(
                "SecretInvalid",
                f"repository {shown_url(access.url)}: its Secret names azureServicePrincipalClientId, and not both "
                "azureServicePrincipalClientSecret and azureServicePrincipalTenantId",
            )
        authority = access.azure_authority or AZURE
        if parts_of(authority).scheme != "https":
            raise Blocked(
                "SecretInvalid",
                f"repository {shown_url(access.url)}: azureActiveDirectoryEndpoint of its Secret is no https address",
            )
        proof = {"client_id": access.azure_client_id, "client_secret": access.azure_client_secret}
        return authority, access.azure_tenant_id, proof

    def _pod(self, access: RepositoryAccess) -> tuple[str, str, dict[str, str]]:
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
        proof = {
            "client_id": client,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        return self._environment.get("AZURE_AUTHORITY_HOST", "") or AZURE, tenant, proof

    async def _exchange(self, access: RepositoryAccess, host: str, token: str) -> Token:
        url = f"{self._registry or f'https://{host}'}/oauth2/exchange"
        form = {"grant_type": "access_token", "service": host, "access_token": token}
        now = self._clock.now()
        said = await asked(access, url, form, _Exchanged)
        return Token(said.refresh_token, now + _EXCHANGED_FOR)


def _identity(access: RepositoryAccess) -> tuple[str, ...]:
    if not access.azure_client_id:
        return ()
    return access.azure_authority, access.azure_tenant_id, access.azure_client_id, access.azure_client_secret


def _registry_host(access: RepositoryAccess) -> str:
    """An address of a registry may have no scheme. "" for one that is not spoken to by TLS, and for one of any other form."""
    text = access.url.strip().lower()
    scheme, separator, rest = text.partition("://")
    host = (rest if separator else text).partition("/")[0]
    secure = not access.force_http and (not separator or scheme in ("https", "oci"))
    return host if secure and _HOST.fullmatch(host) else ""


def _lies_at(host: str, hosts: tuple[str, ...]) -> bool:
    """A token of this very process is shown to those alone whom it is for."""
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def _not_theirs(access: RepositoryAccess, whose: str, hosts: tuple[str, ...]) -> Blocked:
    field = "azureServicePrincipalClientId" if access.azure_client_id else "useAzureWorkloadIdentity"
    return Blocked(
        "AuthenticationFailed",
        f"repository {shown_url(access.url)}: {field} opens addresses of {whose} by TLS alone ({', '.join(hosts)})",
    )
