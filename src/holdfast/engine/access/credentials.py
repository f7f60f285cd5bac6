"""Finds what opens a repository among the labelled Secrets of the control namespace."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from holdfast.engine.access.repository_urls import host_of, normalized_url
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, labels_of, name_of, namespace_of
from holdfast.model.repository import RepositoryAccess

SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - the name of a label
REPOSITORY = "repository"
TEMPLATE = "repo-creds"


def access_for(
    url: str,
    secrets: Iterable[KubeObject],
    known_hosts: str = "",
    tls_certs: Mapping[str, str] | None = None,
    *,
    project: str = "",
) -> RepositoryAccess:
    """What opens `url` for an application of `project`.

    The `repository` Secret of the same URL comes first, one of the project before one for all; where it holds no
    credentials, the `repo-creds` Secret with the longest fitting prefix gives them, as in Argo CD. `known_hosts` is the
    text of argocd-ssh-known-hosts-cm, `tls_certs` the data of argocd-tls-certs-cm (host to PEM). Raises Blocked with
    reason SecretInvalid when a Secret that fits cannot be read.
    """
    candidates = sorted(secrets, key=lambda secret: (namespace_of(secret), name_of(secret)))
    own = _own_secret(url, candidates, project)
    template = _template(url, candidates) if own is None or not _opens(own) else None
    values = {**(template or {}), **{key: value for key, value in (own or {}).items() if value}}
    return RepositoryAccess(
        url=url,
        ssh_private_key=values.get("sshPrivateKey", ""),
        username=values.get("username", ""),
        password=values.get("password", ""),
        bearer_token=values.get("bearerToken", ""),
        ssh_known_hosts=known_hosts,
        tls_client_cert=values.get("tlsClientCertData", ""),
        tls_client_key=values.get("tlsClientCertKey", ""),
        ca_certificates=(tls_certs or {}).get(host_of(url).strip("[]"), ""),
        insecure=_is_true(own or {}, "insecure") or _is_true(own or {}, "insecureIgnoreHostKey"),
        proxy=values.get("proxy", ""),
    )


def _own_secret(url: str, secrets: list[KubeObject], project: str) -> dict[str, str] | None:
    shared: dict[str, str] | None = None
    for secret in secrets:
        if labels_of(secret).get(SECRET_TYPE) != REPOSITORY:
            continue
        values = _values(secret, only="url", otherwise="project")
        if normalized_url(values.get("url", "")) != normalized_url(url):
            continue
        scope = values.get("project", "")
        if scope and scope == project:
            return _values(secret)
        if not scope and shared is None:
            shared = _values(secret)
    return shared


def _template(url: str, secrets: list[KubeObject]) -> dict[str, str] | None:
    wanted = normalized_url(url)
    best: KubeObject | None = None
    longest = 0
    for secret in secrets:
        if labels_of(secret).get(SECRET_TYPE) != TEMPLATE:
            continue
        prefix = normalized_url(_values(secret, only="url").get("url", ""))
        if len(prefix) > longest and _covers(prefix, wanted):
            best, longest = secret, len(prefix)
    return _values(best) if best is not None else None


def _covers(prefix: str, wanted: str) -> bool:
    """Whole parts of the path only: credentials for `…/acme` are never sent to `…/acme-fork`."""
    return wanted == prefix or wanted.startswith(prefix.rstrip("/") + "/")


def _opens(values: Mapping[str, str]) -> bool:
    return any(values.get(key) for key in ("sshPrivateKey", "password", "bearerToken", "tlsClientCertData", "username"))


def _is_true(values: Mapping[str, str], key: str) -> bool:
    return values.get(key, "").strip().lower() in {"true", "1", "t"}


def _values(secret: KubeObject, only: str = "", otherwise: str = "") -> dict[str, str]:
    """The decoded data; `stringData` of a manifest that was not applied yet counts too."""
    wanted = {only, otherwise} - {""}
    values = {}
    for key, encoded in (secret.get("data") or {}).items():
        if wanted and key not in wanted:
            continue
        try:
            values[key] = base64.b64decode(encoded or "", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            place = f"{namespace_of(secret)}/{name_of(secret)}"
            raise Blocked("SecretInvalid", f"Secret {place}: data.{key} is no base64 of UTF-8 text") from error
    plain = secret.get("stringData") or {}
    return values | {key: text for key, text in plain.items() if not wanted or key in wanted}
