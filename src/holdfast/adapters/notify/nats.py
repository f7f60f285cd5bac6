"""Publishes to a subject of NATS, on a connection for the one message.

Source: https://docs.nats.io/reference/reference-protocols/nats-protocol (INFO, CONNECT, PUB, HPUB, +OK, -ERR)
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec

from holdfast.adapters.notify import nkeys
from holdfast.adapters.notify.addresses import REFUSED, is_refused
from holdfast.model.notification import NatsServer, SubjectMessage
from holdfast.ports.notifications import Undelivered

SECONDS: Final = 10.0
MOST_SENT: Final = 1024**2
LONGEST_LINE: Final = 64 * 1024
MOST_LINES: Final = 20
"""That a server says before it takes the message."""
_FINAL: Final = ("authorization", "permissions violation", "invalid subject", "maximum payload", "user authentication")


async def send(message: SubjectMessage, *, guarded: bool, trust: ssl.SSLContext | None = None) -> None:
    """To the first server that can be reached. `trust` takes the place of the system's authorities. Raises Undelivered."""
    if len(message.payload) > MOST_SENT:
        why = f"the message has {len(message.payload):,} bytes, {MOST_SENT:,} are allowed"
        raise Undelivered(why, may_pass=False)
    failures: list[Undelivered] = []
    for server in message.servers:
        try:
            async with asyncio.timeout(SECONDS):
                return await _send(server, message, guarded, trust)
        except TimeoutError:
            failures.append(Undelivered(f"{server.host} did not take the message in time", may_pass=True))
        except ssl.SSLCertVerificationError:
            failures.append(Undelivered(f"the certificate of {server.host} is not trusted", may_pass=False))
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            why = f"{server.host} cannot be reached ({type(error).__name__})"
            failures.append(Undelivered(why, may_pass=True))
        except Undelivered as error:
            failures.append(error)
    said = "; ".join(failure.message for failure in failures)
    raise Undelivered(said, may_pass=any(failure.may_pass for failure in failures))


async def _send(server: NatsServer, message: SubjectMessage, guarded: bool, trust: ssl.SSLContext | None) -> None:
    async with _connected(server, guarded) as (reader, writer):
        greeting = await _line(reader, server)
        info = _decoded(greeting.removeprefix(b"INFO ")) if greeting.startswith(b"INFO ") else None
        if info is None:
            raise Undelivered(f"{server.host} does not answer as NATS does", may_pass=False)
        is_secured = server.is_secured or bool(info.get("tls_required") or info.get("tls_available"))
        if is_secured:
            context = trust if trust is not None else await asyncio.to_thread(ssl.create_default_context)
            if not await _is_silent(reader):
                raise Undelivered(f"{server.host} says more than it may before TLS", may_pass=False)
            await writer.start_tls(context, server_hostname=server.host)
        said = _connect(server, message, info, is_secured=is_secured)
        writer.write(b"CONNECT " + msgspec.json.encode(said) + b"\r\n")
        await writer.drain()
        await _taken(reader, writer, server)
        writer.write(_published(message))
        await writer.drain()
        await _taken(reader, writer, server)


async def _is_silent(reader: asyncio.StreamReader) -> bool:
    """Nothing has come that would be taken for an answer over TLS: whoever is in between could have sent it."""
    more = asyncio.ensure_future(reader.read(1))
    await asyncio.sleep(0)
    if more.done():
        return False
    more.cancel()
    with suppress(asyncio.CancelledError):
        await more
    return True


@asynccontextmanager
async def _connected(
    server: NatsServer, guarded: bool
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host = await _allowed(server) if guarded else server.host
    reader, writer = await asyncio.open_connection(host, server.port, limit=LONGEST_LINE)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _allowed(server: NatsServer) -> str:
    """An address that was looked at: a name cannot lead where its number would not be let."""
    found = await asyncio.get_running_loop().getaddrinfo(server.host, server.port)
    addresses = [str(address[0]) for *_, address in found if not is_refused(str(address[0]))]
    if not addresses or is_refused(server.host):
        raise Undelivered(f"{server.host} {REFUSED}", may_pass=False)
    return addresses[0]


def _connect(server: NatsServer, message: SubjectMessage, info: dict[str, Any], *, is_secured: bool) -> dict[str, Any]:
    user, password = (server.user, server.password) if server.user else (message.user, message.password)
    if (password or message.token) and not is_secured:
        why = f"{server.host} offers no TLS, so the password is not shown to it; nkey needs none"
        raise Undelivered(why, may_pass=False)
    if message.headers and not info.get("headers"):
        raise Undelivered(f"{server.host} takes no headers", may_pass=False)
    most = info.get("max_payload")
    if isinstance(most, int) and len(_headers(message)) + len(message.payload) > most:
        raise Undelivered(f"{server.host} takes messages of at most {most:,} bytes", may_pass=False)
    said: dict[str, Any] = {
        "verbose": True,
        "pedantic": True,
        "tls_required": is_secured,
        "name": "holdfast",
        "lang": "python",
        "version": "1",
        "protocol": 1,
        "headers": bool(message.headers),
    }
    said |= {
        name: value for name, value in (("user", user), ("pass", password), ("auth_token", message.token)) if value
    }
    return said | _proved(server, message, info)


def _proved(server: NatsServer, message: SubjectMessage, info: dict[str, Any]) -> dict[str, str]:
    if not message.nkey:
        return {}
    nonce = info.get("nonce")
    if not isinstance(nonce, str):
        raise Undelivered(f"{server.host} asks for no nkey", may_pass=False)
    try:
        proof = nkeys.proof(message.nkey, nonce)
    except ValueError as error:
        raise Undelivered(f"nkey {error}", may_pass=False) from error
    return {"nkey": proof.user, "sig": proof.signature}


def _published(message: SubjectMessage) -> bytes:
    headers, payload = _headers(message), message.payload
    if not headers:
        return f"PUB {message.subject} {len(payload)}\r\n".encode() + payload + b"\r\n"
    sizes = f"{len(headers)} {len(headers) + len(payload)}"
    return f"HPUB {message.subject} {sizes}\r\n".encode() + headers + payload + b"\r\n"


def _headers(message: SubjectMessage) -> bytes:
    if not message.headers:
        return b""
    lines = ["NATS/1.0", *(f"{name}: {value}" for name, value in message.headers), "", ""]
    return "\r\n".join(lines).encode()


async def _taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: NatsServer) -> None:
    """The server says +OK; it may ask whether we are there before that."""
    for _ in range(MOST_LINES):
        line = await _line(reader, server)
        if line == b"+OK":
            return
        if line == b"PING":
            writer.write(b"PONG\r\n")
            await writer.drain()
        elif line.startswith(b"-ERR"):
            said = line.removeprefix(b"-ERR").strip(b" '").decode("utf-8", "replace")[:200]
            may_pass = not said.lower().startswith(_FINAL)
            raise Undelivered(f"{server.host} refuses the message: {said}", may_pass=may_pass)
    raise Undelivered(f"{server.host} does not answer as NATS does", may_pass=False)


async def _line(reader: asyncio.StreamReader, server: NatsServer) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n")).rstrip(b"\r\n")
    except asyncio.LimitOverrunError as error:
        raise Undelivered(f"{server.host} does not answer as NATS does", may_pass=False) from error


def _decoded(text: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
