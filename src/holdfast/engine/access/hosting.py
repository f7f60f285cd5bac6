"""At which host a repository lies, whose API that speaks, and at which address.

The address comes from what an Application or a Secret says, never from a webhook: that is where the token goes.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from holdfast.engine.access import azure_places
from holdfast.engine.access.repository_urls import host_of, is_ssh, path_of, shown_url
from holdfast.model.errors import Blocked
from holdfast.model.pull_request import HostedRepository, Provider

PUBLIC: Final = {
    "github.com": (Provider.GITHUB, "https://api.github.com"),
    "gitlab.com": (Provider.GITLAB, "https://gitlab.com/api/v4"),
    "bitbucket.org": (Provider.BITBUCKET, "https://api.bitbucket.org/2.0"),
    "codeberg.org": (Provider.GITEA, "https://codeberg.org/api/v1"),
    azure_places.HOST: (Provider.AZURE, azure_places.API),
}
API_PATHS: Final = {
    Provider.GITHUB: "api/v3",
    Provider.GITLAB: "api/v4",
    Provider.BITBUCKET: "2.0",
    Provider.BITBUCKET_SERVER: "rest/api/1.0",
    Provider.GITEA: "api/v1",
}
MOST_PARTS: Final = 20
_SSH: Final = re.compile(r"^(?:alt)?ssh\.")


def hosted(url: str, *, provider: str = "", api: str = "", fallback: Provider | None = None) -> HostedRepository:
    """`provider` and `api` are what somebody chose; `fallback` is what a webhook was signed as. Raises Blocked."""
    public = PUBLIC.get(azure_places.HOST if azure_places.is_public(url) else _public_host(host_of(url).lower()))
    kind = _provider(url, provider) or (public[0] if public else fallback)
    if kind is None:
        known = ", ".join(Provider)
        raise Blocked("ProviderUnknown", f"repository {shown_url(url)}: say what its host is, one of {known}")
    return HostedRepository(kind, _api(url, api, kind, public), _path(url, kind))


def _public_host(host: str) -> str:
    """The names for ssh through a port that firewalls let through."""
    return _SSH.sub("", host)


def _provider(url: str, provider: str) -> Provider | None:
    if not provider:
        return None
    try:
        return Provider(provider.strip().lower())
    except ValueError:
        known = ", ".join(Provider)
        raise Blocked(
            "ProviderUnknown", f"repository {shown_url(url)}: {provider!r} is no provider; it is one of {known}"
        ) from None


def _api(url: str, api: str, kind: Provider, public: tuple[Provider, str] | None) -> str:
    if api:
        try:
            parts = urlsplit(api)
            valid = parts.scheme in ("https", "http") and bool(parts.hostname) and not (parts.query or parts.fragment)
            valid = valid and not (parts.username or parts.password)
        except ValueError:
            valid = False
        if not valid:
            raise Blocked(
                "ApiAddressInvalid", f"repository {shown_url(url)}: {shown_url(api)!r} is no http or https address"
            )
        return api.rstrip("/")
    if public and public[0] is kind:
        return public[1]
    if kind is Provider.BITBUCKET:
        return PUBLIC["bitbucket.org"][1]
    return f"{_home(url)}/{API_PATHS[kind]}" if kind in API_PATHS else _home(url)


def _home(url: str) -> str:
    """An ssh address says nothing of the port of the web: it is taken for the usual one."""
    if is_ssh(url):
        return f"https://{host_of(url)}"
    try:
        parts = urlsplit(url)
        if parts.scheme in ("https", "http") and parts.hostname:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        pass
    raise Blocked("ApiAddressInvalid", f"repository {shown_url(url)} lies at no host that has an API")


def _path(url: str, kind: Provider) -> str:
    if kind is Provider.AZURE:
        return azure_places.path(url)
    parts = path_of(url).split("/")
    if kind is Provider.BITBUCKET_SERVER:
        parts = parts[-2:]  # "scm/PROJECT/web" over https, "PROJECT/web" over ssh
    nested = kind is Provider.GITLAB
    if not 2 <= len(parts) <= (MOST_PARTS if nested else 2) or any(part in ("", ".", "..") for part in parts):
        raise Blocked("RepositoryURLInvalid", f"repository {shown_url(url)}: its address has not the form OWNER/NAME")
    return "/".join(parts)
