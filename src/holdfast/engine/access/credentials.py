"""Finds what opens a repository among the labelled Secrets of the control namespace."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from holdfast.engine.access.repository_urls import host_of, normalized_url, shown_url
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, labels_of, name_of, namespace_of
from holdfast.model.repository import RepositoryAccess

SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - the name of a label
REPOSITORY = "repository"
TEMPLATE = "repo-creds"
WRITE_REPOSITORY = "repository-write"
WRITE_TEMPLATE = "repo-write-creds"
_FLAGS_OF_WAY = ("insecure", "insecureIgnoreHostKey", "insecureOCIForceHttp")
_WAY = ("proxy", "noProxy", "githubAppEnterpriseBaseUrl", "azureActiveDirectoryEndpoint")
"""How a repository is reached, and so who sees what opens it."""
_CREDENTIALS = (
    "sshPrivateKey",
    "password",
    "bearerToken",
    "tlsClientCertData",
    "username",
    "githubAppPrivateKey",
    "gcpServiceAccountKey",
    "azureServicePrincipalClientSecret",
)


def access_for(
    url: str,
    secrets: Iterable[KubeObject],
    known_hosts: str = "",
    tls_certs: Mapping[str, str] | None = None,
    *,
    project: str = "",
    write: bool = False,
) -> RepositoryAccess:
    """What opens `url` for an application of `project`; with `write` the Secrets `repository-write` and
    `repo-write-creds` count, and only they.

    The `repository` Secret of the same URL comes first, one of the project before one for all; where it holds no
    credentials, the `repo-creds` Secret with the longest fitting prefix gives them, as in Argo CD. `known_hosts` is the
    text of argocd-ssh-known-hosts-cm, `tls_certs` the data of argocd-tls-certs-cm (host to PEM).

    A template is everybody's, while a Secret with `project` may be written by whoever has that project: so what the
    template gives travels only as the template says, or the Secret of the same URL for all projects. Raises Blocked with
    reason SecretInvalid when a Secret that fits cannot be read, and when one would lead foreign credentials elsewhere.
    """
    candidates = sorted(secrets, key=lambda secret: (namespace_of(secret), name_of(secret)))
    kind, shared = (WRITE_REPOSITORY, WRITE_TEMPLATE) if write else (REPOSITORY, TEMPLATE)
    own = _own_secret(url, candidates, project, kind)
    template = _template(url, candidates, shared) if own is None or not _opens(own) else None
    values, told = {**(template or {}), **_said(own or {})}, own or {}
    if told.get("project") and template and _opens(template):
        wide = _own_secret(url, candidates, "", kind) or {}
        way = {**template, **_said(wide)}
        _refuse_other_way(url, told, way)
        told = {**told, **{key: wide.get(key, "") for key in _FLAGS_OF_WAY}}
        values |= {key: way.get(key, "") for key in _WAY}
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
        insecure=is_true(told, "insecure") or is_true(told, "insecureIgnoreHostKey"),
        proxy=values.get("proxy", ""),
        no_proxy=values.get("noProxy", ""),
        registered=own is not None or template is not None,
        enable_oci=is_true(values, "enableOCI"),
        force_http=is_true(told, "insecureOCIForceHttp"),
        enable_lfs=is_true(told, "enableLfs"),
        github_app_id=values.get("githubAppID", ""),
        github_app_installation_id=values.get("githubAppInstallationID", ""),
        github_app_private_key=values.get("githubAppPrivateKey", ""),
        github_app_enterprise_url=values.get("githubAppEnterpriseBaseUrl", ""),
        gcp_service_account_key=values.get("gcpServiceAccountKey", ""),
        azure_workload_identity=is_true(values, "useAzureWorkloadIdentity"),
        azure_client_id=values.get("azureServicePrincipalClientId", ""),
        azure_client_secret=values.get("azureServicePrincipalClientSecret", ""),
        azure_tenant_id=values.get("azureServicePrincipalTenantId", ""),
        azure_authority=values.get("azureActiveDirectoryEndpoint", ""),
    )


def _said(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _refuse_other_way(url: str, told: Mapping[str, str], way: Mapping[str, str]) -> None:
    wrong = [key for key in _FLAGS_OF_WAY if is_true(told, key) and not is_true(way, key)]
    wrong += [key for key in _WAY if told.get(key) and told[key] != way.get(key)]
    if wrong:
        raise Blocked(
            "SecretInvalid",
            f"repository {shown_url(url)}: its Secret of project {told['project']} says {', '.join(wrong)}, and takes its "
            "credentials from a template that serves all projects: these would be shown on a way that was chosen by one "
            f"project. Put credentials of its own into the Secret, or {', '.join(wrong)} into the template or into a "
            "repository Secret without project",
        )


def told_of(url: str, secrets: Iterable[KubeObject], *, project: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """All that the Secret of the repository says, and all that its template says. Raises Blocked."""
    candidates = sorted(secrets, key=lambda secret: (namespace_of(secret), name_of(secret)))
    own, template = _own_secret(url, candidates, project, REPOSITORY), _template(url, candidates, TEMPLATE)
    return _said(own or {}), template or {}


def url_of_alias(url: str, secrets: Iterable[KubeObject]) -> str:
    """Chart.yaml may name a repository by the name it was registered with: `@name` or `alias:name`."""
    name = url.removeprefix("@").removeprefix("alias:")
    if name == url:
        return url
    for secret in sorted(secrets, key=lambda one: (namespace_of(one), name_of(one))):
        if labels_of(secret).get(SECRET_TYPE) == REPOSITORY and _hint(secret, "name") == name:
            return _hint(secret, "url")
    return url


def _own_secret(url: str, secrets: list[KubeObject], project: str, kind: str) -> dict[str, str] | None:
    wanted = normalized_url(url)
    fitting = [
        secret
        for secret in secrets
        if labels_of(secret).get(SECRET_TYPE) == kind and normalized_url(_hint(secret, "url")) == wanted
    ]
    for scope in (project, "") if project else ("",):
        for secret in fitting:
            if _hint(secret, "project") == scope:
                return _values(secret)
    return None


def _template(url: str, secrets: list[KubeObject], kind: str) -> dict[str, str] | None:
    wanted = normalized_url(url)
    prefixes = [
        (normalized_url(_hint(secret, "url")), secret)
        for secret in secrets
        if labels_of(secret).get(SECRET_TYPE) == kind
    ]
    covering = [(prefix, secret) for prefix, secret in prefixes if prefix and _covers(prefix, wanted)]
    return _values(max(covering, key=lambda found: len(found[0]))[1]) if covering else None


def _covers(prefix: str, wanted: str) -> bool:
    """Whole parts of the path only: credentials for `…/acme` are never sent to `…/acme-fork`."""
    return wanted == prefix or wanted.startswith(prefix.rstrip("/") + "/")


def _opens(values: Mapping[str, str]) -> bool:
    return any(values.get(key) for key in _CREDENTIALS) or is_true(values, "useAzureWorkloadIdentity")


def names_azure(values: Mapping[str, str]) -> bool:
    """The Secret is opened with an identity of Azure."""
    return is_true(values, "useAzureWorkloadIdentity") or bool(values.get("azureServicePrincipalClientId"))


def is_true(values: Mapping[str, str], key: str) -> bool:
    """Whether the field of a Secret says yes."""
    return values.get(key, "").strip().lower() in {"true", "1", "t"}


def _values(secret: KubeObject) -> dict[str, str]:
    """The decoded data; `stringData` of a manifest that was not applied yet counts too."""
    values = {}
    for key in secret.get("data") or {}:
        try:
            values[key] = _decoded(secret, key)
        except (binascii.Error, UnicodeDecodeError) as error:
            place = f"{namespace_of(secret)}/{name_of(secret)}"
            raise Blocked("SecretInvalid", f"Secret {place}: data.{key} is no base64 of UTF-8 text") from error
    return values | (secret.get("stringData") or {})


def _hint(secret: KubeObject, key: str) -> str:
    """What decides whether a Secret fits. One that cannot be read fits nothing, so that it holds nobody else up."""
    plain = (secret.get("stringData") or {}).get(key)
    if plain is not None:
        return str(plain)
    try:
        return _decoded(secret, key)
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _decoded(secret: KubeObject, key: str) -> str:
    return base64.b64decode((secret.get("data") or {}).get(key) or "", validate=True).decode()
