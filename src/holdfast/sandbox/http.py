"""Serves the sandbox over HTTP on loopback, to whoever holds the token.

The token comes as a bearer token or as the first part of the path, `/token/TOKEN/…`: kubectl and every other client that
is built on client-go send credentials over TLS alone, but keep the path of the server's URL.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Final

from aiohttp import web

from holdfast.model import errors
from holdfast.ports.transport import Request, Response
from holdfast.sandbox.api import MAX_BODY_BYTES, SandboxApi, error_response

HOST: Final = "127.0.0.1"
TOKEN_PREFIX: Final = "/token/"  # noqa: S105
_SHUTDOWN_SECONDS: Final = 1.0


class HttpServer:
    """One listening socket; `start` gives its address."""

    def __init__(self, api: SandboxApi, token: str) -> None:
        self._api = api
        self._token = token
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    async def start(self, port: int = 0) -> str:
        """Listens on a port of loopback, a free one when none is given; gives the URL."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        host, chosen = self._runner.addresses[0][:2]
        return f"http://{host}:{chosen}"

    async def stop(self) -> None:
        """Ends the watches that are open, then closes the socket."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = self._authorized_path(request)
        if path is None:
            return _as_http(error_response(errors.Unauthorized("Unauthorized")))
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _as_http(
                error_response(
                    errors.ApiError(
                        f"Request entity too large: limit is {MAX_BODY_BYTES}",
                        status=413,
                        reason="RequestEntityTooLarge",
                    )
                )
            )
        asked = Request(
            request.method,
            path,
            tuple(request.query.items()),
            {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers},
            body,
        )
        if self._api.is_watch(asked):
            return await self._stream(request, asked)
        return _as_http(await self._api.handle(asked))

    def _authorized_path(self, request: web.Request) -> str | None:
        """The path of the API, None for a caller without the token."""
        path = request.path
        if path.startswith(TOKEN_PREFIX):
            given, slash, rest = path.removeprefix(TOKEN_PREFIX).partition("/")
            path = slash + rest or "/"
        else:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return path if hmac.compare_digest(given.encode(errors="replace"), self._token.encode()) else None

    async def _stream(self, request: web.Request, asked: Request) -> web.StreamResponse:
        async with self._api.stream(asked) as stream:
            response = web.StreamResponse(status=stream.status, headers=dict(stream.headers))
            response.enable_chunked_encoding()
            await response.prepare(request)
            stopping = asyncio.ensure_future(self._stopping.wait())
            lines = stream.lines.__aiter__()
            try:
                while True:
                    following = asyncio.ensure_future(anext(lines))
                    await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        following.cancel()
                        await asyncio.gather(following, return_exceptions=True)
                        break
                    await response.write(following.result() + b"\n")
            except (StopAsyncIteration, ConnectionError):
                pass
            finally:
                stopping.cancel()
            return response


def _as_http(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=dict(response.headers), body=response.body)
