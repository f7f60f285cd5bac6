"""A program that ssh starts in the place of a connection: it reaches the host through a proxy and carries what both say.

It is run by itself, with nothing but the standard library: `python -I ssh_proxy.py FILE HOST PORT`, where FILE holds the address of
the proxy (`socks5://`, `socks5h://`, `http://` or `https://`), so that its password is seen by nobody else.

Sources: RFC 1928 and RFC 1929 (SOCKS 5), RFC 9110 section 9.3.6 (CONNECT)
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

PORTS: Final = {"socks5": 1080, "socks5h": 1080, "http": 80, "https": 443}
SAYS: Final = "the proxy of the repository"
"""How a complaint begins."""
_SECONDS: Final = 20.0
_CHUNK: Final = 1 << 16
_LONGEST_ANSWER: Final = 1 << 14


class ProxyError(Exception):
    """It does not let us through; the text says why, without secrets."""


def connected(proxy: str, host: str, port: int) -> socket.socket:
    """A connection to the host. Raises ProxyError and OSError."""
    address = urlsplit(proxy)
    if address.scheme not in PORTS or not address.hostname:
        raise ProxyError("has no address of the form socks5://HOST:PORT or http://HOST:PORT")
    door: socket.socket = socket.create_connection(
        (address.hostname, address.port or PORTS[address.scheme]), timeout=_SECONDS
    )
    if address.scheme == "https":
        door = ssl.create_default_context().wrap_socket(door, server_hostname=address.hostname)
    if address.scheme.startswith("http"):
        _connect(door, address, host, port)
    else:
        _socks(door, address, host, port)
    door.settimeout(None)
    return door


def _connect(door: socket.socket, address: SplitResult, host: str, port: int) -> None:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if address.username or address.password:
        pair = f"{unquote(address.username or '')}:{unquote(address.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}")
    door.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += _exactly(door, 1)  # what follows belongs to ssh
        if len(answer) > _LONGEST_ANSWER:
            raise ProxyError("answers without end")
    status = answer.split(b" ", 2)[1:2]
    if status != [b"200"]:
        shown = status[0][:3].decode("ascii", "replace") if status else "nothing that is HTTP"
        raise ProxyError(f"answers {shown} to CONNECT {target}")


def _socks(door: socket.socket, address: SplitResult, host: str, port: int) -> None:
    user, password = unquote(address.username or "").encode(), unquote(address.password or "").encode()
    name = host.encode("idna") if not host.isascii() else host.encode()
    if max(len(user), len(password), len(name)) > 255:
        raise ProxyError("has a name or a password that is too long")
    door.sendall(b"\x05\x01" + (b"\x02" if user else b"\x00"))
    version, method = _exactly(door, 2)
    if version != 5 or method == 0xFF:
        raise ProxyError("is none of SOCKS 5" if version != 5 else "wants to be signed in to in another way")
    if method == 2:
        door.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        if _exactly(door, 2)[1]:
            raise ProxyError("refused the user and password in its address")
    door.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    _, reply, _, kind = _exactly(door, 4)
    if reply:
        raise ProxyError(f"cannot reach {host}:{port} (SOCKS reply {reply})")
    length = {1: 4, 4: 16}.get(kind) or _exactly(door, 1)[0]
    _exactly(door, length + 2)


def _exactly(door: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = door.recv(count - len(found))
        if not more:
            raise ProxyError("ended the connection")
        found += more
    return found


def carry(door: socket.socket, source: int, sink: int) -> None:
    """Until the host has said all."""

    def send() -> None:
        with suppress(OSError):
            while data := os.read(source, _CHUNK):
                door.sendall(data)
            door.shutdown(socket.SHUT_WR)

    threading.Thread(target=send, daemon=True).start()
    with suppress(OSError):
        while data := door.recv(_CHUNK):
            while data:
                data = data[os.write(sink, data) :]


def main(file: str, host: str, port: str) -> int:
    try:
        door = connected(Path(file).read_text(encoding="utf-8").strip(), host.strip("[]"), int(port))
    except (ProxyError, OSError, ValueError) as error:
        why = error if isinstance(error, ProxyError) else f"cannot be reached ({type(error).__name__})"
        sys.stderr.write(f"{SAYS} {why}\n")
        return 1
    with door:
        carry(door, sys.stdin.fileno(), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
