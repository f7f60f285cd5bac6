"""How a git process is told what opens a connection: settings in its environment, and a command for ssh."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from holdfast.model.repository import RepositoryAccess
from holdfast.runtime import ssh_proxy


def as_environment(config: list[tuple[str, str]]) -> dict[str, str]:
    """Source: https://git-scm.com/docs/git-config#ENVIRONMENT"""
    env = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def direct_ssh_command(access: RepositoryAccess, folder: Path) -> str:
    """One line for the shell that git starts: every word is quoted. Its files stand in `folder`."""
    return shlex.join(_words(access, folder))


def ssh_command(access: RepositoryAccess, folder: Path, host: str) -> str:
    """The same, by way of the proxy where the access wants that for `host`, whose letters must mean nothing to a shell: ssh
    puts it into a line that it has run by one."""
    words = _words(access, folder)
    if proxy := access.proxy_for(host):
        words += ["-o", f"ProxyCommand={_proxy_command(proxy, folder)}"]
    return shlex.join(words)


def _words(access: RepositoryAccess, folder: Path) -> list[str]:
    words = ["ssh", "-F", os.devnull]
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "GlobalKnownHostsFile": os.devnull,
        "UpdateHostKeys": "no",
        "ConnectTimeout": "20",
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "4",
    }
    if access.ssh_private_key:
        words += ["-i", str(written(folder / "identity", _key_text(access.ssh_private_key)))]
    else:
        options["IdentityFile"] = "none"
    if access.insecure:
        options |= {"StrictHostKeyChecking": "no", "UserKnownHostsFile": os.devnull}
    else:
        known_hosts = written(folder / "known_hosts", access.ssh_known_hosts.rstrip("\n") + "\n")
        options |= {"StrictHostKeyChecking": "yes", "UserKnownHostsFile": str(known_hosts)}
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return words


def _proxy_command(proxy: str, folder: Path) -> str:
    """ssh puts host and port in and gives the line to a shell. The address is in a file, as arguments are seen by all."""
    program = [sys.executable, "-I", ssh_proxy.__file__, str(written(folder / "proxy", proxy))]
    return f"{shlex.join(program).replace('%', '%%')} %h %p"


def written(path: Path, text: str) -> Path:
    """The path, at which the text stands now for the owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _key_text(key: str) -> str:
    """OpenSSH refuses a key with Windows line ends or without the last one."""
    return key.replace("\r\n", "\n").strip("\n") + "\n"
