"""The ValuesFiles port: one request each, bounded, to the address that was checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from holdfast.adapters.charts.http import Answer, Http
from holdfast.engine.lang.hosts import is_inside, is_own
from holdfast.engine.render.helm.remote import shown
from holdfast.model.errors import Blocked, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime.sharing import SharedCalls

_FOUND: Final = 200
_REASONS: Final = {"ChartTooLarge": "ManifestTooLarge", "RepositoryURLInvalid": "ValuesFileRefused"}


class ValuesFileLimits(Struct, frozen=True):
    """`seconds` bounds each request, `file_bytes` each answer."""

    seconds: float = 20.0
    file_bytes: int = 1024**2


class HttpValuesFiles:
    """`refuses` and `refuses_known` say which names and addresses are not asked, of public hosts and of those that are
    known to lie inside. Only public hosts may redirect, since each host on the way is checked anew."""

    def __init__(
        self,
        clock: Clock,
        limits: ValuesFileLimits | None = None,
        *,
        refuses: Callable[[str], bool] = is_inside,
        refuses_known: Callable[[str], bool] = is_own,
    ) -> None:
        self._limits = limits or ValuesFileLimits()
        self._public = Http(self._limits.seconds, refuses=refuses)
        self._known = Http(self._limits.seconds, redirects=0, refuses=refuses_known)
        self._running: SharedCalls[bytes] = SharedCalls(clock)

    async def read(self, url: str, *, certificates: str = "", known_inside: bool = False) -> bytes:
        return await self._running.call(
            (url, certificates, known_inside), lambda: self._read(url, certificates, known_inside), fresh=True
        )

    async def close(self) -> None:
        await self._running.close()
        await self._public.close()
        await self._known.close()

    async def _read(self, url: str, certificates: str, known_inside: bool) -> bytes:
        access = RepositoryAccess(shown(url), ca_certificates=certificates, public_only=True)
        http = self._known if known_inside else self._public
        try:
            answer = await http.get(url, access, home=url, limit=self._limits.file_bytes)
        except Blocked as blocked:
            raise Blocked(_REASONS.get(blocked.reason, blocked.reason), f"values file: {blocked.message}") from blocked
        except Transient as transient:
            raise Transient("ValuesFileUnreachable", f"values file: {transient.message}") from transient
        return _content(url, answer)


def _content(url: str, answer: Answer) -> bytes:
    if answer.status == _FOUND:
        return answer.body
    if answer.status in (404, 410):
        raise Blocked("ValuesFileMissing", f"values file {shown(url)} does not exist ({answer.status})")
    if answer.status in (401, 403):
        raise Blocked(
            "ValuesFileRefused",
            f"values file {shown(url)}: its host wants credentials ({answer.status}), and none are sent to addresses of "
            "values files: commit the file to the repository",
        )
    raise Transient("ValuesFileUnreachable", f"values file {shown(url)}: the answer is {answer.status}")
