"""Whether a webhook comes from who shares our secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from holdfast.model.errors import Unauthorized

_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


def check_signature(secret: str, body: bytes, header: str, *, algorithm: str = "sha256") -> None:
    """`header` is the signature as hexadecimal digits, with or without "sha256=" before them. Raises Unauthorized."""
    if not secret:
        return
    name, equals, digits = header.partition("=")
    if equals and name in _HASHES:
        algorithm = name
    else:
        digits = header
    wanted = hmac.new(secret.encode(), body, _HASHES[algorithm]).hexdigest()
    if not hmac.compare_digest(wanted.encode(), _as_sent(digits.strip().lower())):
        raise Unauthorized("the signature does not fit the body and the secret")


def check_token(secret: str, given: str) -> None:
    """Raises Unauthorized."""
    if secret and not is_token(secret, given):
        raise Unauthorized("the token is not the one that is expected")


def is_token(secret: str, given: str) -> bool:
    """Compared in a time that tells nothing of where they differ."""
    return hmac.compare_digest(secret.encode(), _as_sent(given))


def _as_sent(header: str) -> bytes:
    """Servers keep bytes of a header that are no UTF-8 as surrogates."""
    return header.encode("utf-8", "surrogateescape")


def check_password(username: str, password: str, authorization: str) -> None:
    """`authorization` is the header of basic authentication. Raises Unauthorized."""
    if not (username or password):
        return
    try:
        given = base64.b64decode(authorization.removeprefix("Basic "), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if not hmac.compare_digest(f"{username}:{password}".encode(), given):
        raise Unauthorized("the user or the password is not the one that is expected")
