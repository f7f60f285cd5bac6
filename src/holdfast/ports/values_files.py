"""Reads values files that stand at an address of the web."""

from __future__ import annotations

from typing import Protocol


class ValuesFiles(Protocol):
    async def read(self, url: str, *, certificates: str = "", known_inside: bool = False) -> bytes:
        """The content as it is now: the host is asked after this call. No credentials are sent but those in the URL.

        `certificates` are those that vouch for the host, "" for the public ones. The host must be public unless it is
        `known_inside`; this machine and the metadata services of clouds are never asked.

        Raises Blocked with reason ValuesFileMissing, ValuesFileRefused, ManifestTooLarge, CertificateUntrusted and
        Transient with reason ValuesFileUnreachable.
        """
        ...
