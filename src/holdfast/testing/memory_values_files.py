"""Values files at addresses that live in memory, for tests and simulations."""

from __future__ import annotations

from holdfast.model.errors import Blocked


class MemoryValuesFiles:
    """A ValuesFiles port."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.asked: list[tuple[str, bool]] = []

    async def read(self, url: str, *, certificates: str = "", known_inside: bool = False) -> bytes:
        self.asked.append((url, known_inside))
        if url not in self.texts:
            raise Blocked("ValuesFileMissing", f"values file {url} does not exist (404)")
        return self.texts[url].encode()
