"""Deploy keys and host keys against a real ssh server that runs in this process."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.git.reverting import Identity, Revert, revert
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin

pytestmark = pytest.mark.real_time


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def text_of(key: asyncssh.SSHKey) -> str:
    return str(key.export_private_key().decode())


async def serve_git(process: asyncssh.SSHServerProcess[bytes]) -> None:
    program, path = shlex.split(process.command or "")
    if program not in ("git-upload-pack", "git-receive-pack"):
        process.exit(1)
        return
    child = await asyncio.create_subprocess_exec(
        program,
        path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"},
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    asking = asyncio.ensure_future(pump(process.stdin, child.stdin))
    await asyncio.gather(pump(child.stdout, process.stdout), pump(child.stderr, process.stderr))
    asking.cancel()
    process.exit(await child.wait())


async def pump(
    source: asyncio.StreamReader | asyncssh.SSHReader[bytes], sink: asyncio.StreamWriter | asyncssh.SSHWriter[bytes]
) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()


class Host:
    """A git host: `url` of the origin on it, its public key as a known_hosts line, and the key that may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.host_key = new_key()
        self.deploy_key = new_key()
        self.port = 0

    @property
    def url(self) -> str:
        return f"ssh://git@127.0.0.1:{self.port}{self.path}"

    def known_hosts(self, key: asyncssh.SSHKey | None = None) -> str:
        public = (key or self.host_key).export_public_key().decode().strip()
        return f"[127.0.0.1]:{self.port} {public}"

    def access(self, **changes: str) -> RepositoryAccess:
        return RepositoryAccess(
            changes.get("url", self.url),
            ssh_private_key=changes.get("ssh_private_key", text_of(self.deploy_key)),
            ssh_known_hosts=changes.get("ssh_known_hosts", self.known_hosts()),
        )


@asynccontextmanager
async def serving(origin: Origin) -> AsyncIterator[Host]:
    host = Host(origin.path)
    allowed = asyncssh.import_authorized_keys(host.deploy_key.export_public_key().decode())
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host.host_key],
        authorized_client_keys=allowed,
        process_factory=serve_git,
        encoding=None,
    )
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def repositories(directory: Path, limits: GitLimits) -> AsyncIterator[GitRepositories]:
    built = GitRepositories(directory, clock=SystemClock(), limits=limits)
    try:
        yield built
    finally:
        await built.close()


async def test_the_right_key_reads_the_repository(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(a="1")
    async with serving(origin) as host, repositories(tmp_path / "mirrors", limits) as subject:
        assert await subject.resolve(host.access(), "main") == commit
        tree = subject.open(await subject.fetch(host.access(), commit))
        assert tree.read("a") == b"1"
        assert not list((tmp_path / "mirrors").glob("private-*/*"))


async def test_a_key_with_windows_line_ends_reads_too(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(a="1")
    async with serving(origin) as host, repositories(tmp_path / "mirrors", limits) as subject:
        access = host.access(ssh_private_key=text_of(host.deploy_key).rstrip("\n").replace("\n", "\r\n"))
        assert await subject.resolve(access, "main") == commit


@pytest.mark.parametrize(
    ("case", "reason", "says"),
    [
        ("wrong key", "AuthenticationFailed", "refused the credentials.\nCheck sshPrivateKey"),
        ("no key", "AuthenticationFailed", "refused the credentials"),
        ("garbage key", "AuthenticationFailed", "sshPrivateKey of its Secret cannot be read"),
        ("unknown host", "HostKeyUnknown", "add it to the ConfigMap argocd-ssh-known-hosts-cm, key ssh_known_hosts"),
        ("changed host", "HostKeyChanged", "is not the one that is trusted. It sent SHA256:"),
        ("no repository", "RepositoryNotFound", "does not exist: check repoURL"),
    ],
)
async def test_each_refusal_has_its_reason(
    origin: Origin, tmp_path: Path, limits: GitLimits, case: str, reason: str, says: str
) -> None:
    origin.commit(a="1")
    async with serving(origin) as host, repositories(tmp_path / "mirrors", limits) as subject:
        access = {
            "wrong key": host.access(ssh_private_key=text_of(new_key())),
            "no key": host.access(ssh_private_key=""),
            "garbage key": host.access(ssh_private_key="-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"),
            "unknown host": host.access(ssh_known_hosts=""),
            "changed host": host.access(ssh_known_hosts=host.known_hosts(new_key())),
            "no repository": host.access(url=host.url + "-gone"),
        }[case]
        with pytest.raises(Blocked) as caught:
            await subject.resolve(access, "main")
    assert caught.value.reason == reason
    assert says in caught.value.message
    assert access.url in caught.value.message
    assert "PRIVATE KEY" not in caught.value.message
    assert len(caught.value.message.splitlines()) <= 3


async def test_an_unknown_host_is_let_through_only_when_asked_for(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commit = origin.commit(a="1")
    async with serving(origin) as host, repositories(tmp_path / "mirrors", limits) as subject:
        access = RepositoryAccess(host.url, ssh_private_key=text_of(host.deploy_key), insecure=True)
        assert await subject.resolve(access, "main") == commit


async def test_a_revert_is_pushed_with_the_key_and_not_without(origin: Origin, tmp_path: Path) -> None:
    good, bad = origin.commit(app__a="good"), origin.commit(app__a="bad")
    origin.git("config", "receive.denyCurrentBranch", "ignore")
    asked = Revert(branch="main", good=good, bad=bad, path="app", subject="back", push_to="")
    ada = Identity("Ada", "ada@example.com")
    async with serving(origin) as host:
        with pytest.raises(Blocked) as error:
            await revert(host.access(ssh_private_key=text_of(new_key())), asked, ada, directory=tmp_path / "private")
        assert error.value.reason == "AuthenticationFailed"
        pushed = await revert(host.access(), asked, ada, directory=tmp_path / "private")
        assert origin.git("rev-parse", "main") == pushed.commit
        assert origin.git("show", "main:app/a") == "good"
