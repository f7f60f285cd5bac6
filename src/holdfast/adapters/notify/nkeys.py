"""Proves to a NATS server who we are, by its nonce and without showing the seed.

Source: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth, and the encoding of
https://github.com/nats-io/nkeys
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from msgspec import Struct

_SEED: Final = 18 << 3
_USER: Final = 20 << 3
_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")
"""What goes before the 32 bytes of an Ed25519 key (RFC 8410)."""
_BYTES: Final = 36
"""Two of prefix, 32 of seed, two of checksum."""


class Proof(Struct, frozen=True):
    """The public key of the user, and the signature of the nonce."""

    user: str
    signature: str


def proof(seed: str, nonce: str) -> Proof:
    """Raises ValueError, without the seed, for what is no seed of a user ("SU…")."""
    from joserfc.jwk import OKPKey

    pem = base64.b64encode(_PKCS8 + _raw(seed.strip())).decode()
    key = OKPKey.import_key(f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n")
    dictionary = key.as_dict(private=False)
    public = base64.urlsafe_b64decode(f"{dictionary['x']}=")
    signature = key.private_key.sign(nonce.encode()) if key.private_key is not None else b""  # type: ignore[union-attr]
    return Proof(_written(_USER, public), base64.urlsafe_b64encode(signature).decode().rstrip("="))


def _raw(seed: str) -> bytes:
    try:
        found = base64.b32decode(seed + "=" * (-len(seed) % 8))
    except (binascii.Error, ValueError):
        found = b""
    is_whole = len(found) == _BYTES and found[:-2] and _checksum(found[:-2]) == found[-2:]
    if not is_whole or found[0] & 0xF8 != _SEED or (found[0] & 7) << 5 | (found[1] & 0xF8) >> 3 != _USER:
        raise ValueError("is no seed of a user (SU…)")
    return found[2:-2]


def _written(prefix: int, raw: bytes) -> str:
    body = bytes([prefix]) + raw
    return base64.b32encode(body + _checksum(body)).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    """CRC-16/XMODEM, the low byte first."""
    return binascii.crc_hqx(body, 0).to_bytes(2, "little")
