"""Messages for a subject of NATS, as a server on this machine gets them."""

from __future__ import annotations

import base64
import binascii
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from holdfast.adapters.notify import nats, nkeys
from holdfast.adapters.notify.notifier import ServiceNotifier
from holdfast.model.notification import NatsServer, SubjectMessage
from holdfast.ports.notifications import Undelivered
from tests.unit.adapters.local_http import certificate
from tests.unit.adapters.notify.nats_server import SmallNats

pytestmark = pytest.mark.real_time


def to(*servers: SmallNats, is_secured: bool = False, **more: Any) -> SubjectMessage:
    known = tuple(NatsServer("127.0.0.1", one.port, is_secured=is_secured) for one in servers)
    return SubjectMessage(known, "releases.web", more.pop("payload", "hellö\r\nPUB x 0".encode()), **more)


async def failure(message: SubjectMessage, **more: Any) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await nats.send(message, guarded=more.pop("guarded", False), **more)
    return caught.value


async def test_a_message_is_published() -> None:
    server = SmallNats()
    async with server.open():
        notifier = ServiceNotifier()
        await notifier.send(to(server), guarded=False)
        await notifier.close()
    payload = "hellö\r\nPUB x 0".encode()
    assert server.published == [(f"PUB releases.web {len(payload)}", payload)]
    assert not {"user", "pass", "auth_token", "nkey"} & server.connects[0].keys()


async def test_headers_go_before_it() -> None:
    server = SmallNats()
    async with server.open():
        await nats.send(to(server, payload=b"hello", headers=(("Kind", "release"),)), guarded=False)
    head = b"NATS/1.0\r\nKind: release\r\n\r\n"
    assert server.published == [(f"HPUB releases.web {len(head)} {len(head) + 5}", head + b"hello")]


async def test_a_password_is_shown_over_tls_alone(tmp_path: Path) -> None:
    plain = SmallNats()
    async with plain.open():
        for message in (to(plain, user="me", password="hidden"), to(plain, token="hidden")):
            error = await failure(message)
            assert error.message == "127.0.0.1 offers no TLS, so the password is not shown to it; nkey needs none"
            assert not error.may_pass
    assert plain.connects == []

    pem, tls = certificate(tmp_path)
    server = SmallNats({"tls_required": True}, tls)
    async with server.open():
        assert "is not trusted" in (await failure(to(server, user="me", password="hidden"))).message
        trust = ssl.create_default_context(cadata=pem)
        await nats.send(to(server, user="me", password="hidden"), guarded=False, trust=trust)
    assert (server.connects[0]["user"], server.connects[0]["pass"]) == ("me", "hidden")
    assert len(server.published) == 1


async def test_answers_that_come_before_tls_are_none(tmp_path: Path) -> None:
    pem, tls = certificate(tmp_path)
    server = SmallNats({"tls_required": True}, tls)
    server.greeting += b"\r\n+OK\r\n+OK"
    async with server.open():
        error = await failure(to(server), trust=ssl.create_default_context(cadata=pem))
    assert error.message == "127.0.0.1 says more than it may before TLS"


async def test_tls_is_asked_for_whatever_the_server_says() -> None:
    server = SmallNats()
    async with server.open():
        await failure(to(server, is_secured=True))
    assert server.connects == []


def seed_of(raw: bytes, kind: int = 20) -> str:
    body = _prefix(kind) + raw
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")


def _prefix(kind: int) -> bytes:
    public = kind << 3
    return bytes([18 << 3 | public >> 5, (public & 31) << 3])


async def test_a_seed_proves_by_the_nonce() -> None:
    raw = bytes(range(32))
    server = SmallNats({"nonce": "abc"})
    async with server.open():
        await nats.send(to(server, nkey=seed_of(raw)), guarded=False)
    said = server.connects[0]
    public = Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()
    written = base64.b32decode(said["nkey"] + "=" * (-len(said["nkey"]) % 8))
    assert said["nkey"].startswith("U")
    assert written[1:33] == public
    signature = base64.urlsafe_b64decode(said["sig"] + "==")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, b"abc")


@pytest.mark.parametrize(
    "seed", ["", "SUAB", seed_of(b"x" * 32, kind=0), seed_of(b"x" * 31), seed_of(b"x" * 32)[:-1] + "7"]
)
def test_what_is_no_seed_of_a_user_is_refused(seed: str) -> None:
    assert seed_of(b"x" * 32).startswith("SU")
    with pytest.raises(ValueError, match=r"is no seed of a user") as caught:
        nkeys.proof(seed, "abc")
    assert not seed or seed not in str(caught.value)


@pytest.mark.parametrize(
    ("info", "refuses", "more", "said", "may_pass"),
    [
        ({}, "Authorization Violation", {}, "refuses the message: Authorization Violation", False),
        ({}, "Permissions Violation for Publish", {}, "refuses the message: Permissions Violation", False),
        ({}, "Server Shutting Down", {}, "refuses the message: Server Shutting Down", True),
        ({"max_payload": 4}, "", {"payload": b"hello"}, "takes messages of at most 4 bytes", False),
        ({"headers": False}, "", {"headers": (("a", "b"),)}, "takes no headers", False),
        ({}, "", {"nkey": "SU"}, "asks for no nkey", False),
        ({"nonce": "n"}, "", {"nkey": "SUhidden"}, "nkey is no seed of a user (SU…)", False),
    ],
)
async def test_why_it_was_not_taken(
    info: dict[str, Any], refuses: str, more: dict[str, Any], said: str, may_pass: bool
) -> None:
    server = SmallNats(info, refuses=refuses)
    async with server.open():
        error = await failure(to(server, **more))
    assert said in error.message
    assert "hidden" not in error.message
    assert error.may_pass is may_pass


@pytest.mark.parametrize("greeting", [b"220 mail.example.com", b"INFO nonsense", b"x" * 100_000])
async def test_who_is_not_nats(greeting: bytes) -> None:
    server = SmallNats()
    server.greeting = greeting
    async with server.open():
        error = await failure(to(server))
    assert error.message == "127.0.0.1 does not answer as NATS does"


async def test_the_next_server_is_enough() -> None:
    gone, server = SmallNats(), SmallNats()
    async with gone.open():
        pass
    async with server.open():
        await nats.send(to(gone, server), guarded=False)
        assert len(server.published) == 1
    error = await failure(to(gone))
    assert error.message.startswith("127.0.0.1 cannot be reached")
    assert error.may_pass


async def test_the_settings_of_a_namespace_do_not_reach_this_machine() -> None:
    server = SmallNats()
    async with server.open():
        error = await failure(to(server), guarded=True)
    assert "which settings of a namespace may not name" in error.message
    assert server.connects == []
