"""Translates what git and ssh say on failure into our errors, in words that tell what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from holdfast.adapters.git.remote import Remote
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.runtime.ssh_proxy import SAYS

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_URL = re.compile(r"(?<![a-z0-9+.-])[a-z0-9+.-]+://\S+")
_DETAIL_CHARS = 300


def failure(remote: Remote, errors: str, status: int) -> HoldfastError:
    """The first rule that fits decides; what no rule knows may pass by itself."""
    said = errors.lower()
    for signs, make in _RULES:
        if any(sign in said for sign in signs):
            return make(remote, errors)
    detail = _detail(errors) or f"git ended with code {status}"
    return Transient("RepositoryUnreachable", f"repository {remote.url} cannot be reached: {detail}")


def disk_full(place: str) -> Transient:
    return Transient(
        "DiskFull", f"no space left for the mirrors of repositories in {place}: free space or make it larger"
    )


def _disk_full(remote: Remote, errors: str) -> HoldfastError:
    return Transient(
        "DiskFull", f"repository {remote.url}: no space left on the disk of the mirrors: free space or make it larger"
    )


def _host_changed(remote: Remote, errors: str) -> HoldfastError:
    fingerprint = re.search(r"(SHA256:[A-Za-z0-9+/=]+)", errors)
    sent = f" It sent {fingerprint[1]}." if fingerprint else ""
    return Blocked(
        "HostKeyChanged",
        f"repository {remote.url}: the host key of {remote.host} is not the one that is trusted.{sent}\n"
        "Somebody may be listening in. If the change is announced by the host's owner, replace its lines in the"
        " ConfigMap argocd-ssh-known-hosts-cm, key ssh_known_hosts.",
    )


def _host_unknown(remote: Remote, errors: str) -> HoldfastError:
    return Blocked(
        "HostKeyUnknown",
        f"repository {remote.url}: the host key of {remote.host} is not known:"
        " add it to the ConfigMap argocd-ssh-known-hosts-cm, key ssh_known_hosts.",
    )


def _certificate(remote: Remote, errors: str) -> HoldfastError:
    return Blocked(
        "CertificateUntrusted",
        f"repository {remote.url}: the certificate of {remote.host} is not trusted ({_detail(errors)}).\n"
        f"Add its authority to the ConfigMap argocd-tls-certs-cm under the key {remote.host}.",
    )


def _bad_key(remote: Remote, errors: str) -> HoldfastError:
    return Blocked(
        "AuthenticationFailed",
        f"repository {remote.url}: sshPrivateKey of its Secret cannot be read: it must be a whole private key in"
        " OpenSSH or PEM form without a passphrase.",
    )


def _refused(remote: Remote, errors: str) -> HoldfastError:
    if remote.is_ssh:
        remedy = "Check sshPrivateKey of its Secret, and that its public half may read the repository."
    else:
        remedy = "Check username and password or bearerToken of its Secret (label argocd.argoproj.io/secret-type)."
    return Blocked(
        "AuthenticationFailed", f"repository {remote.url}: {_whose(remote)} refused the credentials.\n{remedy}"
    )


def _not_found(remote: Remote, errors: str) -> HoldfastError:
    place = f" (looked for at {remote.address})" if remote.is_local and remote.address not in remote.url else ""
    remedy = "" if remote.is_local else " Hosts say the same when the credentials may not see it."
    return Blocked("RepositoryNotFound", f"repository {remote.url} does not exist{place}: check repoURL.{remedy}")


def _foreign_owner(remote: Remote, errors: str) -> HoldfastError:
    return Blocked(
        "AuthenticationFailed",
        f"repository {remote.url} belongs to another user of this machine, so git will not read it:"
        " change its owner to the user that runs Holdfast.",
    )


def _protocol(remote: Remote, errors: str) -> HoldfastError:
    return Blocked(
        "RepositoryURLInvalid", f"repository {remote.url} leads to a protocol that is not allowed: use https or ssh"
    )


def _proxy(remote: Remote, errors: str) -> HoldfastError:
    line = next(line for line in errors.splitlines() if line.startswith(SAYS))
    why = _CONTROL.sub(" ", line.removeprefix(SAYS)).strip()[:_DETAIL_CHARS]
    return Transient(
        "RepositoryUnreachable", f"repository {remote.url}: {SAYS} {why}: check proxy and noProxy of its Secret"
    )


def _mirror_damaged(remote: Remote, errors: str) -> HoldfastError:
    return Transient(
        "RepositoryDamaged", f"the mirror of repository {remote.url} is damaged ({_detail(errors)}): it is made anew"
    )


def _whose(remote: Remote) -> str:
    return remote.host or "the host"


def _detail(errors: str) -> str:
    """The last line that says something, without any secret that a URL might hold."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:", "remote:"))] or lines
    boring = ("could not read from remote repository", "correct access rights", "repository exists")
    telling = [line for line in telling if not any(words in line.lower() for words in boring)] or telling
    if not telling:
        return ""
    line = _CONTROL.sub(" ", _URL.sub(lambda found: shown_url(found[0]), telling[-1]))
    return line.removeprefix("fatal: ").removeprefix("error: ")[:_DETAIL_CHARS]


_Rule = tuple[tuple[str, ...], Callable[[Remote, str], HoldfastError]]
_RULES: tuple[_Rule, ...] = (
    (
        ("reference broken", "fatal: bad object", "error: bad object", "is corrupt", "garbage at end of"),
        _mirror_damaged,
    ),
    ((SAYS,), _proxy),
    (("no space left on device", "disk quota exceeded"), _disk_full),
    (("remote host identification has changed", "revoked host key detected"), _host_changed),
    (("host key verification failed", "no matching host key type"), _host_unknown),
    (("error in libcrypto", "invalid format", "incorrect passphrase"), _bad_key),
    (("certificate verification failed", "certificate problem", "certificate verify failed"), _certificate),
    (("no alternative certificate subject name", "does not match target host"), _certificate),
    (("dubious ownership",), _foreign_owner),
    (("' not allowed", "unsupported protocol", "not supported or disabled"), _protocol),
    (("permission denied (", "authentication failed", "too many authentication failures", "access denied"), _refused),
    (("could not read username", "could not read password", "returned error: 401", "returned error: 403"), _refused),
    (("repository not found", "' not found", "does not appear to be a git repository"), _not_found),
    (("returned error: 404", "does not exist", "could not be found"), _not_found),
)
