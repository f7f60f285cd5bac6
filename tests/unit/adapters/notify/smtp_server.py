"""A small SMTP server on this machine that keeps what it is given."""

from __future__ import annotations

import asyncio
import ssl

from tests.unit.adapters.notify.talking_server import TalkingServer


class SmtpServer(TalkingServer):
    """`tls` is offered by STARTTLS; `refuses` is the answer to recipients, where they are refused."""

    def __init__(self, tls: ssl.SSLContext | None = None, refuses: str = "") -> None:
        super().__init__()
        self.commands: list[str] = []
        self.mails: list[str] = []
        self._tls = tls
        self._refuses = refuses

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_secured = False

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            verb = line.split()[0].upper()
            if verb == "EHLO":
                if self._tls is not None and not is_secured:
                    await say("250-here\r\n250 STARTTLS")
                else:
                    await say("250-here\r\n250 AUTH PLAIN")
            elif verb == "STARTTLS" and self._tls is not None:
                await say("220 go on")
                await writer.start_tls(self._tls)
                is_secured = True
            elif verb == "RCPT" and self._refuses:
                await say(self._refuses)
            elif verb == "DATA":
                await say("354 go on")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                await say("250 taken")
            elif verb == "AUTH":
                await say("235 welcome")
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 fine")
