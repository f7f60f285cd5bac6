"""A small NATS server on this machine that keeps what it is told."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

from tests.unit.adapters.notify.talking_server import TalkingServer


class SmallNats(TalkingServer):
    """`info` is what it says of itself first; `refuses` is its answer to what is published, "" takes it."""

    def __init__(
        self, info: dict[str, Any] | None = None, tls: ssl.SSLContext | None = None, refuses: str = ""
    ) -> None:
        super().__init__()
        self.connects: list[dict[str, Any]] = []
        self.published: list[tuple[str, bytes]] = []
        self.greeting = b"INFO " + json.dumps({"headers": True, "max_payload": 1048576, **(info or {})}).encode()
        self._tls = tls
        self._refuses = refuses

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(text: bytes) -> None:
            writer.write(text + b"\r\n")
            await writer.drain()

        await say(self.greeting)
        if self._tls is not None:
            await writer.start_tls(self._tls)
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            if verb == "CONNECT":
                self.connects.append(json.loads(rest))
                await say(b"PING")
                assert await reader.readline() == b"PONG\r\n"
                await say(b"+OK")
            else:
                self.published.append((line, await reader.readexactly(int(rest.split()[-1]))))
                await reader.readline()
                await say(f"-ERR '{self._refuses}'".encode() if self._refuses else b"+OK")
