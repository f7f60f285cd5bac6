"""How a git process is told what opens a connection: settings in its environment, and a command for ssh."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from holdfast.model.repository import RepositoryAccess


def as_environment(config: list[tuple[str, str]]) -> dict[str, str]:
    """Source: https://git-scm.com/docs/git-config#ENVIRONMENT"""
    env = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def ssh_command(access: RepositoryAccess, folder: Path) -> str:
    """One line for the shell that git starts: every word is quoted. Its files stand in `folder`."""
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
    return shlex.join(words)


def written(path: Path, text: str) -> Path:
    """The path, at which the text stands now for the owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _key_text(key: str) -> str:
    """OpenSSH refuses a key with Windows line ends or without the last one."""
    return key.replace("\r\n", "\n").strip("\n") + "\n"
