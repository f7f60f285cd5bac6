"""What git is given to open a connection: an environment and short-lived files, never a secret in an argument."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.adapters.git.remote import Remote
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.git_connection import as_environment, ssh_command, written

_INHERITED = (
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


@contextmanager
def connection(remote: Remote, access: RepositoryAccess, private: Path) -> Iterator[dict[str, str]]:
    """The environment of one git process; its files live in a folder below `private` and are gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=private))
    try:
        yield environment(remote, access, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(remote: Remote, access: RepositoryAccess, folder: Path) -> dict[str, str]:
    env = bare_environment(folder) | {"GIT_ALLOW_PROTOCOL": remote.protocols}
    config: list[tuple[str, str]] = []
    if remote.is_ssh:
        env["GIT_SSH_COMMAND"] = ssh_command(access, folder, remote.host)
        env["GIT_SSH_VARIANT"] = "ssh"
    elif not remote.is_local:
        config += _http_config(remote, access, folder)
    return env | as_environment(config)


def bare_environment(home: Path) -> dict[str, str]:
    """Nothing of the user and nothing of the machine: the same git everywhere."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CEILING_DIRECTORIES": str(home.parent.parent),
    }


def _http_config(remote: Remote, access: RepositoryAccess, folder: Path) -> list[tuple[str, str]]:
    # A server that goes silent ends git even when nobody is left to kill it.
    config = [("credential.helper", ""), ("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "60")]
    header = _authorization(remote, access)
    if header:
        # Bound to this address, so that a redirect to another host does not carry it along.
        scheme, _, rest = remote.address.partition("://")
        config.append((f"http.{scheme}://{rest.partition('/')[0]}/.extraHeader", header))
    if access.ca_certificates:
        config.append(("http.sslCAInfo", str(written(folder / "ca.pem", access.ca_certificates))))
    if access.tls_client_cert:
        config.append(("http.sslCert", str(written(folder / "client.pem", access.tls_client_cert))))
        config.append(("http.sslKey", str(written(folder / "client-key.pem", access.tls_client_key))))
    if access.insecure:
        config.append(("http.sslVerify", "false"))
    if proxy := access.proxy_for(remote.host):
        config.append(("http.proxy", proxy))
    return config


def _authorization(remote: Remote, access: RepositoryAccess) -> str:
    if access.bearer_token:
        return f"Authorization: Bearer {_one_line(access.bearer_token)}"
    user, password = access.username or remote.user, access.password or remote.password
    if not (user or password):
        return ""
    pair = base64.b64encode(f"{_one_line(user)}:{_one_line(password)}".encode()).decode()
    return f"Authorization: Basic {pair}"


def _one_line(secret: str) -> str:
    """Secrets made from files end with a line break, which would end the header too."""
    return secret.strip().replace("\r", "").replace("\n", "")
