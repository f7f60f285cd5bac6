"""Plugins that ask for it are lent what opens their repository, until they have rendered."""

from __future__ import annotations

import asyncio
import base64
import os
import shlex
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from msgspec import structs

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.plugins.git_credentials import secrets_of
from holdfast.engine.lang.protobuf_wire import fields, text, text_field
from holdfast.model.errors import Blocked, Transient
from holdfast.model.rendering import PluginPlaces, RenderRequest, RenderResult
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.git.test_http import backend_for
from tests.unit.adapters.local_http import certificate, serving
from tests.unit.adapters.rendering.conftest import MakeRequest
from tests.unit.adapters.rendering.plugins.sidecar_server import Asked, Sidecar
from tests.unit.adapters.rendering.plugins.test_local_plugins import FILES, NAMED, Define, define
from tests.unit.adapters.rendering.plugins.test_sidecar_plugins import NAMED as OF_SIDECAR
from tests.unit.adapters.rendering.plugins.test_sidecar_plugins import config_map, sidecar, sockets

__all__ = ["define", "sidecar", "sockets"]
pytestmark = pytest.mark.real_time
HTTPS = RepositoryAccess(url="https://git.example/shop.git", username="ada", password="geheim-123")
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
SSH = RepositoryAccess(url="git@git.example:shop.git", ssh_private_key=KEY, ssh_known_hosts="git.example ssh-rsa AA")
MADE = "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: made}\\ndata: {a: \"%s\"}\\n' "


async def render(places: PluginPlaces, request: RenderRequest, access: RepositoryAccess | None) -> RenderResult:
    """In a thread, while a server of the test answers in this one."""
    request = structs.replace(request, credentials=access)
    return await asyncio.to_thread(lambda: asyncio.run(InlineRenderer(open_local_tree, plugins=places).render(request)))


@pytest.mark.parametrize("lends", [True, False])
async def test_git_in_a_plugin_reads_the_private_repository_only_when_it_asks_for_credentials(
    make_request: MakeRequest, define: Define, tmp_path: Path, lends: bool
) -> None:
    origin = Origin(tmp_path / "served" / "repo")
    commit = origin.commit(a="1")
    header = "Basic " + base64.b64encode(b"ada:geheim-123").decode()
    authority, tls = certificate(tmp_path)
    async with serving(backend_for(origin, header), tls) as address:
        url = f"{address}/repo/.git"
        access = RepositoryAccess(url=url, username="ada", password="geheim-123", ca_certificates=authority)
        script = f'found=$(git -c credential.helper= ls-remote {url} HEAD </dev/null) || exit 3; {MADE} "${{found%%[[:space:]]*}}"'
        places = define(generate=script, **({"provideGitCreds": True} if lends else {}))
        if lends:
            result = await render(places, make_request(FILES, **NAMED), access)
            assert result.objects[0]["data"]["a"] == commit
        else:
            with pytest.raises(Blocked, match="exit code 3"):
                await render(places, make_request(FILES, **NAMED), access)


async def test_variables_hold_no_secret_and_other_hosts_get_none(make_request: MakeRequest, define: Define) -> None:
    script = f"""
    case "$(env)" in *geheim*) exit 9;; esac
    for url in https://ada@git.example https://git.example.evil https://git.example:444 http://git.example; do
      answers="$answers $($GIT_ASKPASS "Password for '$url': " 2>/dev/null || echo none)"
    done
    {MADE} "$($GIT_ASKPASS "Username for 'https://git.example': ")$answers"
    """
    result = await render(define(generate=script, provideGitCreds=True), make_request(FILES, **NAMED), HTTPS)
    assert result.objects[0]["data"]["a"] == "ada geheim-123 none none none"


async def test_a_plugin_that_tells_the_password_is_masked(make_request: MakeRequest, define: Define) -> None:
    script = """echo "I know $($GIT_ASKPASS "Password for 'https://git.example': ")" >&2; exit 1"""
    with pytest.raises(Blocked) as caught:
        await render(define(generate=script, provideGitCreds=True), make_request(FILES, **NAMED), HTTPS)
    assert caught.value.message.endswith("I know ********")


async def test_ssh_is_given_one_key_and_the_known_hosts_until_the_render_ends(
    make_request: MakeRequest, define: Define, tmp_path: Path
) -> None:
    kept = tmp_path / "seen"
    script = f"""
    set -- $GIT_SSH_COMMAND
    while [ "$1" != -i ]; do shift; done
    stat -c '%a %n' "$2" > {kept}; cat "$2" "$(dirname "$2")/known_hosts" >> {kept}
    {MADE} "$GIT_SSH_COMMAND"
    """
    result = await render(define(generate=script, provideGitCreds=True), make_request(FILES, **NAMED), SSH)
    command = result.objects[0]["data"]["a"]
    first, *lines = kept.read_text().splitlines()
    mode, _, key = first.partition(" ")
    assert (mode, is_there(key)) == ("600", False)
    assert "\n".join(lines) == KEY + "git.example ssh-rsa AA"
    assert "StrictHostKeyChecking=yes" in command
    assert "AAAAA" not in command


@pytest.mark.parametrize(
    "access",
    [None, RepositoryAccess(url="https://git.example/public.git"), RepositoryAccess(url="file:///srv/repo")],
    ids=["nothing known", "public", "of this machine"],
)
async def test_without_credentials_nothing_is_lent(
    make_request: MakeRequest, define: Define, access: RepositoryAccess | None
) -> None:
    script = f'{MADE} "${{GIT_ASKPASS-none}} ${{GIT_SSH_COMMAND-none}}"'
    result = await render(define(generate=script, provideGitCreds=True), make_request(FILES, **NAMED), access)
    assert result.objects[0]["data"]["a"] == "none none"


def is_there(path: str) -> bool:
    return Path(path).exists()


def asks(answers: list[Any], nonce: Callable[[Asked], str]) -> Callable[[Asked], list[str]]:
    """A sidecar that asks as Argo CD's program does, and answers what it was told."""

    def generate(asked: Asked) -> list[str]:
        address = f"unix:{asked.environment['ARGOCD_ASK_PASS_SOCK']}"
        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary("/askpass.AskPassService/GetCredentials")
            try:
                said = dict(fields(call(text_field(1, nonce(asked)), timeout=5)))
                answers.append((text(said[1]), text(said[2])))
            except grpc.RpcError as error:
                answers.append(error.code())
        return [config_map("made")]

    return generate


async def test_a_sidecar_that_asks_for_them_gets_credentials_at_a_socket_until_the_render_ends(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    answers: list[Any] = []
    sidecar.wants_credentials = True
    sidecar.generate = asks(answers, lambda asked: asked.environment["ARGOCD_GIT_ASKPASS_NONCE"])
    places = PluginPlaces(sockets=str(sockets), ask_pass=f"{sockets}-ask")
    try:
        await render(places, make_request(FILES, **OF_SIDECAR), HTTPS)
        environment = sidecar.asked[-1].environment
        assert answers == [("ada", "geheim-123")]
        assert {name: environment[name] for name in ("GIT_ASKPASS", "ARGOCD_BINARY_NAME", "GIT_TERMINAL_PROMPT")} == {
            "GIT_ASKPASS": "argocd",
            "ARGOCD_BINARY_NAME": "argocd-git-ask-pass",
            "GIT_TERMINAL_PROMPT": "0",
        }
        assert "geheim-123" not in repr(environment)
        assert os.listdir(f"{sockets}-ask") == []

        sidecar.generate = asks(answers, lambda asked: "guessed")
        await render(places, make_request({}, **OF_SIDECAR), HTTPS)
        assert answers[1:] == [grpc.StatusCode.NOT_FOUND]
    finally:
        os.rmdir(f"{sockets}-ask")


@pytest.mark.parametrize(("wants", "access"), [(False, HTTPS), (False, SSH), (True, None)])
async def test_a_sidecar_is_given_nothing_that_it_did_not_ask_for(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar, wants: bool, access: RepositoryAccess | None
) -> None:
    sidecar.wants_credentials = wants
    await render(PluginPlaces(sockets=str(sockets)), make_request(FILES, **OF_SIDECAR), access)
    assert [name for name in sidecar.asked[-1].environment if "PASS" in name or name.startswith("GIT")] == []


async def test_a_sidecar_that_asks_for_them_is_lent_key_and_known_hosts_until_the_render_ends(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    shared, seen = Path(f"{sockets}-ask"), {}

    def generate(asked: Asked) -> list[str]:
        words = shlex.split(asked.environment["GIT_SSH_COMMAND"])
        key = Path(words[words.index("-i") + 1])
        hosts = Path(next(word for word in words if word.startswith("UserKnownHostsFile=")).partition("=")[2])
        for file in (key, hosts, key.parent):
            seen[file] = (stat.S_IMODE(file.stat().st_mode), file.read_text() if file.is_file() else "")
        assert key.parent.parent == shared
        assert "StrictHostKeyChecking=yes" in words
        return [config_map("made")]

    sidecar.wants_credentials, sidecar.generate = True, generate
    places = PluginPlaces(sockets=str(sockets), ask_pass=str(shared))
    leave_keys(shared)
    try:
        await render(places, make_request(FILES, **OF_SIDECAR), SSH)
        assert sorted(seen.values()) == [(0o600, KEY), (0o600, "git.example ssh-rsa AA\n"), (0o700, "")]
        assert "AAAAA" not in repr(sidecar.asked[-1].environment)
        assert os.listdir(shared) == ["key-young"]

        sidecar.generate = fails
        with pytest.raises(Blocked):
            await render(places, make_request({}, **OF_SIDECAR), SSH)
        assert os.listdir(shared) == ["key-young"]
    finally:
        shutil.rmtree(shared)


def leave_keys(shared: Path) -> None:
    """Of two renders that were killed, one of them just now."""
    for name in ("key-left", "key-young"):
        (shared / name).mkdir(parents=True)
        (shared / name / "identity").write_text(KEY)
    os.utime(shared / "key-left", (0, 0))


def fails(asked: Asked) -> list[str]:
    raise RuntimeError("no")


async def test_a_folder_that_takes_no_key_is_told(make_request: MakeRequest, sockets: Path, sidecar: Sidecar) -> None:
    sidecar.wants_credentials = True
    places = PluginPlaces(sockets=str(sockets), ask_pass=str(sockets / "cue-v1.sock" / "none"))
    with pytest.raises(Transient, match=r"no key for Git can be lent in .* ARGOCD_ASK_PASS_SOCK"):
        await render(places, make_request(FILES, **OF_SIDECAR), SSH)


async def test_a_folder_that_takes_no_socket_is_told(
    make_request: MakeRequest, sockets: Path, sidecar: Sidecar
) -> None:
    sidecar.wants_credentials = True
    places = PluginPlaces(sockets=str(sockets), ask_pass=str(sockets / "cue-v1.sock" / "none"))
    with pytest.raises(Transient, match=r"no socket for Git credentials can be made in .* ARGOCD_ASK_PASS_SOCK"):
        await render(places, make_request(FILES, **OF_SIDECAR), HTTPS)


@pytest.mark.parametrize(
    ("access", "secrets"),
    [
        (HTTPS, {"geheim-123"}),
        (SSH, {"b3BlbnNzaC1rZXktdjEAAAAA"}),
        (RepositoryAccess(url="https://ada:in%2Fside@git.example/shop.git"), {"in/side"}),
        (RepositoryAccess(url="https://git.example/shop.git", bearer_token="token-1"), {"token-1"}),
    ],
)
def test_what_is_secret_is_known(access: RepositoryAccess, secrets: set[str]) -> None:
    assert set(secrets_of(access)) == secrets
