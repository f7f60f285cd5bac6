"""Lets in only the person who was given the address: no other program's page, and no name that points here."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guard(token: str, port: int) -> Middleware:
    hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
    # Cookies do not tell ports apart: two dashboards must not overwrite each other's.
    cookie = f"holdfast-dashboard-{port}"

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await _answer(request, handler)
        answer.headers.update(_HEADERS)
        return answer

    async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in hosts:
            return web.Response(status=403, text=f"this page is at http://{hosts[0]}, not at the name that was asked\n")
        if request.method == "GET" and request.path == "/" and _is_equal(request.query.get("token", ""), token):
            # Taken out of the address, so that it is in no history and no referrer.
            welcome = web.Response(status=303, headers={"Location": "/"})
            welcome.set_cookie(cookie, token, httponly=True, samesite="Strict")
            return welcome
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        if not _is_equal(request.cookies.get(cookie, ""), token) and not (kind == "Bearer" and _is_equal(shown, token)):
            return web.Response(status=401, text="open the address that `holdfast rollout dashboard` printed\n")
        if request.method not in ("GET", "HEAD") and request.headers.get("Origin") != f"http://{request.host}":
            return web.Response(status=403, text="only the page itself may ask for something\n")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=f"{error.reason}\n")

    return middleware


def _is_equal(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
