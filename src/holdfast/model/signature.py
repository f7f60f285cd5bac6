"""Signatures of commits: the keys that are known, and what was found."""

from __future__ import annotations

from msgspec import Struct


class KnownKeys(Struct, frozen=True):
    """`gpg` are public keys as text, `ssh` are lines of public keys."""

    gpg: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()


class Signature(Struct, frozen=True):
    """`key` is the fingerprint that made a good signature; else `problem` says what is wrong, for people."""

    key: str = ""
    problem: str = ""
