"""The sources of an application, each at one revision."""

from __future__ import annotations

from msgspec import Struct

from holdfast.model.application import ApplicationSource


class Pinned(Struct, frozen=True):
    """A revision is a commit, the version of a chart or the digest of an artifact.

    `several`: the application lists `sources`; its status then says `sources` and `revisions` where the status of others
    says `source` and `revision`.
    """

    sources: tuple[ApplicationSource, ...] = ()
    revisions: tuple[str, ...] = ()
    several: bool = False

    @property
    def source(self) -> ApplicationSource | None:
        return None if self.several or not self.sources else self.sources[0]

    @property
    def revision(self) -> str:
        return "" if self.several or not self.revisions else self.revisions[0]

    @property
    def listed_sources(self) -> tuple[ApplicationSource, ...]:
        return self.sources if self.several else ()

    @property
    def listed_revisions(self) -> tuple[str, ...]:
        return self.revisions if self.several else ()

    @property
    def text(self) -> str:
        """For people."""
        return ", ".join(self.revisions)
