"""Tokens that the holder of a private key signs to say who it is.

Source: RFC 7519, and RFC 7518 for RS256
"""

from __future__ import annotations

from collections.abc import Mapping


def signed(claims: Mapping[str, str | int], key: str) -> str:
    """With RS256. Raises ValueError, without the key, where `key` is no RSA key in PEM form."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        return jwt.encode({"alg": "RS256"}, dict(claims), RSAKey.import_key(key))
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError("is no RSA key in PEM form") from error
