"""Lends a plugin what opens its repository, for as long as it renders.

Nothing secret stands in an argument or a variable: git asks a program for user and password, and that asks us at a socket,
with a number that is good for one render. Keys of ssh are files in a folder of the render, as ssh takes no others; certificates
of clients are given to commands on this machine alone.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit

from holdfast.adapters.rendering.plugins import ask_pass, lent_keys
from holdfast.engine.access.repository_urls import host_of, is_ssh
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.git_connection import as_environment, direct_ssh_command, written

NOTHING_LENT: Final[Mapping[str, str]] = MappingProxyType({})
_USER_OF_TOKENS: Final = "x-access-token"
_ROOT: Final = Path(__file__).parents[4]
_PROGRAM: Final = """\
#!{python} -I
import sys
sys.path[:0] = [{root!r}]
from holdfast.adapters.rendering.plugins import ask_pass, lent_keys
sys.exit(ask_pass.main(sys.argv[1:]))
"""


def secrets_of(access: RepositoryAccess) -> tuple[str, ...]:
    """What must be told nobody; of keys their lines."""
    _, password = _pair(access)
    found = [password, access.password, access.bearer_token]
    for key in (access.ssh_private_key, access.tls_client_key, access.github_app_private_key):
        found += [line.strip() for line in key.splitlines() if not line.startswith("-----")]
    return tuple(secret for secret in found if secret)


@contextmanager
def lent_to_sidecar(access: RepositoryAccess | None, folder: Path) -> Iterator[Mapping[str, str]]:
    """The variables with which Argo CD's program in the sidecar asks at a socket in the folder, and ssh finds its key there.
    Raises Transient."""
    if access is not None and is_ssh(access.url):
        with lent_keys.lent(access, folder) as lent:
            yield lent
        return
    if access is None or not _is_http(access):
        yield NOTHING_LENT
        return
    settings = [(f"http.{_origin(access)}/.sslVerify", "false")] if access.insecure else []
    with _asking(access, folder, {"GIT_ASKPASS": "argocd", "ARGOCD_BINARY_NAME": "argocd-git-ask-pass"}) as lent:
        yield {**lent, **as_environment(settings)} if settings else lent


@contextmanager
def lent_here(access: RepositoryAccess | None) -> Iterator[Mapping[str, str]]:
    """The variables for commands on this machine; their files are gone afterwards. Raises Transient."""
    if access is None:
        yield NOTHING_LENT
        return
    with tempfile.TemporaryDirectory(prefix="hf-") as name, ExitStack() as stack:
        folder = Path(name)
        if is_ssh(access.url):
            yield {"GIT_SSH_COMMAND": direct_ssh_command(access, folder), "GIT_SSH_VARIANT": "ssh"}
        elif _is_http(access):
            program = {"GIT_ASKPASS": str(_program(folder)), ask_pass.ORIGIN: _origin(access)}
            lent = stack.enter_context(_asking(access, folder, program))
            yield {**lent, **as_environment(_http_settings(access, folder))}
        else:
            yield NOTHING_LENT


@contextmanager
def _asking(access: RepositoryAccess, folder: Path, program: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    user, password = _pair(access)
    if not (user or password):
        yield NOTHING_LENT
        return
    from holdfast.adapters.rendering.plugins import ask_pass_server  # loads gRPC: 0.1 s and 30 MB

    with ask_pass_server.answering(folder, user or _USER_OF_TOKENS, password) as place:
        yield {
            **program,
            "GIT_TERMINAL_PROMPT": "0",
            ask_pass.NONCE: place.nonce,
            ask_pass.SOCKET: str(place.socket),
        }


def _http_settings(access: RepositoryAccess, folder: Path) -> list[tuple[str, str]]:
    """For the repository's own host and port alone."""
    found = {
        "sslVerify": "false" if access.insecure else "",
        "sslCAInfo": _file(folder, "ca.pem", access.ca_certificates),
        "sslCert": _file(folder, "client.pem", access.tls_client_cert),
        "sslKey": _file(folder, "client-key.pem", access.tls_client_key),
        "proxy": access.proxy_for(host_of(access.url)),
    }
    return [(f"http.{_origin(access)}/.{name}", value) for name, value in found.items() if value]


def _file(folder: Path, name: str, text: str) -> str:
    return str(written(folder / name, text)) if text else ""


def _program(folder: Path) -> Path:
    file = written(folder / "ask-pass", _PROGRAM.format(python=sys.executable, root=str(_ROOT)))
    file.chmod(0o700)
    return file


def _pair(access: RepositoryAccess) -> tuple[str, str]:
    """User and password; an address may hold them, too."""
    said = urlsplit(access.url) if _is_http(access) else urlsplit("")
    return (
        (access.username or unquote(said.username or "")).strip(),
        (access.password or unquote(said.password or "")).strip(),
    )


def _is_http(access: RepositoryAccess) -> bool:
    return access.url.lower().startswith(("https://", "http://"))


def _origin(access: RepositoryAccess) -> str:
    """Scheme, host and port, without the user."""
    said = urlsplit(access.url)
    return f"{said.scheme.lower()}://{said.netloc.rpartition('@')[2]}"
