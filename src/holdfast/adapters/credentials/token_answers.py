"""Asks those who give tokens, and says what their refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from holdfast.adapters.credentials.short_lived import answer
from holdfast.engine.access.repository_urls import shown_url
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.model.web_addresses import host_in
from holdfast.runtime.bounded_http import BoundedHttp

_FORM: Final = (("Content-Type", "application/x-www-form-urlencoded"),)
T = TypeVar("T")


async def asked(access: RepositoryAccess, url: str, form: Mapping[str, str], expected: type[T]) -> T:
    """Those who give tokens are trusted as the system says: what the repository's host has to do with that is nothing.

    Raises Blocked AuthenticationFailed, and Transient."""
    host = host_in(url) or url
    async with BoundedHttp() as http:
        status, body = await answer(http, access, "POST", url, headers=_FORM, body=urlencode(form).encode())
    if status != 200:
        raise _failure(access, host, status)
    try:
        return msgspec.json.decode(body, type=expected)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise _refused(access, f"the answer of {host} holds no token") from error


def _failure(access: RepositoryAccess, host: str, status: int) -> HoldfastError:
    if status >= 500 or status == 429:
        return Transient("RepositoryUnreachable", f"repository {shown_url(access.url)}: {host} answers {status}")
    return _refused(access, f"{host} answers {status}: check the identity that its Secret names")


def _refused(access: RepositoryAccess, why: str) -> Blocked:
    return Blocked("AuthenticationFailed", f"repository {shown_url(access.url)}: no token: {why}")
