"""A client for registries: tags, manifests and blobs, each checked by its digest.

Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from holdfast.adapters.charts.answers import basic, failure
from holdfast.adapters.charts.http import MAX_URL, Answer, Http
from holdfast.adapters.charts.limits import ChartLimits
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import host_in, is_web_address, led_to
from holdfast.ports.sign_in import SignIn

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.oci.artifact.manifest.v1+json"
)
_HELM_LAYER: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_PACKED_LAYERS: Final = (
    _HELM_LAYER,
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar",
)
_NAME: Final = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_PARAMETER: Final = re.compile(r'\b(\w+)="([^"]*)"')
_NEXT: Final = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')


class Repository(Struct, frozen=True):
    """`home` is the registry's address, `name` the repository's place in it."""

    home: str
    name: str

    def __str__(self) -> str:
        return f"{urlsplit(self.home).netloc}/{self.name}"


class Layer(Struct, frozen=True):
    """The packed files of an artifact. `is_chart`: they lie in a folder of the chart's name."""

    digest: str
    is_chart: bool


class _Descriptor(Struct, frozen=True, rename="camel"):
    media_type: str = ""
    digest: str = ""
    size: int = 0


class _Manifest(Struct, frozen=True, rename="camel"):
    layers: tuple[_Descriptor, ...] = ()


class _Tags(Struct, frozen=True):
    tags: tuple[str, ...] | None = None


class _Token(Struct, frozen=True):
    token: str = ""
    access_token: str = ""


def repository_of(access: RepositoryAccess, chart: str) -> Repository:
    """Raises Blocked RepositoryURLInvalid."""
    text = access.url.strip()
    scheme, separator, rest = text.partition("://")
    place = rest if separator else text
    host, _, path = place.rstrip("/").partition("/")
    name = "/".join(part for part in (path.strip("/"), chart.strip("/")) if part)
    if not host or not _NAME.fullmatch(name):
        problem = "write oci://HOST/NAME, in small letters"
        raise Blocked("RepositoryURLInvalid", f"repository {shown_url(text)[:200]!r}: {problem}")
    if host in ("docker.io", "index.docker.io"):
        host = "registry-1.docker.io"
    plain = scheme == "http" or access.force_http
    return Repository(f"{'http' if plain else 'https'}://{host}", name)


def layer_of(manifest: bytes, what: str) -> Layer:
    """Raises Blocked when there is not exactly one layer that holds files."""
    try:
        layers = msgspec.json.decode(manifest, type=_Manifest).layers
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Blocked("ChartDamaged", f"{what}: its manifest cannot be read: {error}") from error
    charts = [layer for layer in layers if layer.media_type == _HELM_LAYER]
    found = charts or [layer for layer in layers if layer.media_type in _PACKED_LAYERS]
    if len(found) != 1 or not DIGEST.fullmatch(found[0].digest):
        kinds = ", ".join(layer.media_type for layer in layers[:5]) or "none"
        raise Blocked(
            "SourceUnsupported",
            f"{what}: one layer that is a tar archive is expected, with a sha256 digest; its layers: {kinds}",
        )
    return Layer(found[0].digest, is_chart=bool(charts))


class Registries:
    """Tokens are kept for the repository and the credentials that they were given for."""

    def __init__(self, http: Http, limits: ChartLimits, sign_in: SignIn) -> None:
        self._http = http
        self._limits = limits
        self._sign_in = sign_in
        self._tokens: dict[tuple[Repository, RepositoryAccess], str] = {}

    async def tags(self, access: RepositoryAccess, repository: Repository) -> list[str]:
        url = f"{repository.home}/v2/{repository.name}/tags/list"
        found: list[str] = []
        for _ in range(self._limits.tag_pages):
            answer = await self._get(url, access, repository, self._limits.manifest_bytes)
            if answer.status != 200:
                raise failure(access, answer, f"repository {repository}")
            try:
                found.extend(msgspec.json.decode(answer.body, type=_Tags).tags or ())
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise Blocked("ChartDamaged", f"{repository}: its list of tags cannot be read") from error
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                return found
            url = led_to(url, following[1])
            if not url.startswith(f"{repository.home}/"):
                raise Blocked("ChartDamaged", f"{repository}: its list of tags goes on at another host")
        raise Blocked("ChartTooLarge", f"{repository} has too many tags: name a version instead of a range")

    async def manifest(self, access: RepositoryAccess, repository: Repository, reference: str) -> tuple[bytes, str]:
        """The manifest and its digest."""
        url = f"{repository.home}/v2/{repository.name}/manifests/{quote(reference, safe=':')}"
        answer = await self._get(url, access, repository, self._limits.manifest_bytes, {"Accept": _MANIFESTS})
        if answer.status != 200:
            raise failure(access, answer, f"{repository}:{reference}")
        digest = digest_of(answer.body)
        if DIGEST.fullmatch(reference) and digest != reference:
            raise _damaged(f"{repository}@{reference}", digest)
        return answer.body, digest

    async def blob(self, access: RepositoryAccess, repository: Repository, digest: str) -> bytes:
        url = f"{repository.home}/v2/{repository.name}/blobs/{digest}"
        answer = await self._get(url, access, repository, self._limits.archive_bytes)
        if answer.status != 200:
            raise failure(access, answer, f"blob {digest} in {repository}")
        found = digest_of(answer.body)
        if found != digest:
            raise _damaged(f"{repository}@{digest}", found)
        return answer.body

    async def _get(
        self,
        url: str,
        access: RepositoryAccess,
        repository: Repository,
        limit: int,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        async def ask(secret: str) -> Answer:
            secrets = {"Authorization": secret} if secret else {}
            return await self._http.get(
                url, access, home=repository.home, limit=limit, headers=headers, secret_headers=secrets
            )

        key = (repository, access)
        answer = await ask(self._tokens.get(key, ""))
        if answer.status != 401:
            return answer
        self._tokens.pop(key, None)
        opened = await self._sign_in(access)
        secret = await self._signed_in(opened, repository, answer.headers.get("www-authenticate", ""))
        if not secret:
            return answer
        answer = await ask(secret)
        if answer.status != 401:
            self._tokens[key] = secret
        return answer

    async def _signed_in(self, access: RepositoryAccess, repository: Repository, challenge: str) -> str:
        """Source: https://distribution.github.io/distribution/spec/auth/token/"""
        own = basic(access.username, access.password) if access.username or access.password else ""
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            return own
        parameters = dict(_PARAMETER.findall(rest))
        realm = parameters.get("realm", "")
        if kind.lower() != "bearer" or not realm:
            return ""
        if not is_web_address(realm, MAX_URL):
            raise Blocked("AuthenticationFailed", f"{repository} names no http or https address for its tokens")
        if repository.home.startswith("https://") and not realm.startswith("https://"):
            raise Blocked(
                "AuthenticationFailed", f"{repository} wants its token to be asked for without TLS at {realm}"
            )
        if host_in(realm) != host_in(repository.home) and not access.registered:
            access = msgspec.structs.replace(access, public_only=True)
        query = {name: parameters[name] for name in ("service", "scope") if name in parameters}
        query.setdefault("scope", f"repository:{repository.name}:pull")
        answer = await self._http.get(
            _with_query(realm, query),
            access,
            home=realm,
            limit=self._limits.manifest_bytes,
            secret_headers={"Authorization": own} if own else {},
        )
        if answer.status != 200:
            raise failure(access, answer, f"token for {repository}")
        try:
            token = msgspec.json.decode(answer.body, type=_Token)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise Blocked("ChartDamaged", f"{repository}: the token cannot be read") from error
        return f"Bearer {token.token or token.access_token}"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _with_query(realm: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(realm)
    given: dict[str, Any] = parse_qs(parts.query)
    return parts._replace(query=urlencode({**given, **query}, doseq=True)).geturl()


def _damaged(what: str, digest: str) -> Blocked:
    return Blocked("ChartDamaged", f"{what}: what the registry sent has the digest {digest}")
