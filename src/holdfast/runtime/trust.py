"""Whom a connection over TLS trusts."""

from __future__ import annotations

import ssl
from functools import lru_cache


@lru_cache(maxsize=64)
def trust_in(authority: str, insecure: bool) -> ssl.SSLContext | bool:
    """As aiohttp takes it: `authority` in PEM beside those of the system, False for no check at all. Raises ssl.SSLError
    and ValueError for what is no PEM."""
    return False if insecure else ssl.create_default_context(cadata=authority or None)
