"""What argocd-cm says of judging and comparing objects, read again only when it has changed."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.controllers.application.parameters import PARAMETERS_MAP
from holdfast.engine.diff import settings
from holdfast.engine.health import customizations
from holdfast.model.customizations import Customizations
from holdfast.model.errors import Blocked
from holdfast.model.ignoring import CompareSettings
from holdfast.model.live import LiveObject

SETTINGS_MAP = "argocd-cm"


class Customized:
    """`read` gives the settings maps as they are now."""

    def __init__(self, read: Callable[[str], LiveObject | None]) -> None:
        self._read = read
        self._maps: tuple[LiveObject | None, LiveObject | None] = (None, None)
        self._scripts = Customizations()
        self._comparing = CompareSettings()
        self._problem: Blocked | None = None

    @property
    def scripts(self) -> Customizations:
        """None where argocd-cm cannot be read: `comparing` tells of that."""
        self._look()
        return self._scripts

    @property
    def comparing(self) -> CompareSettings:
        """Raises Blocked that names the key which cannot be read."""
        self._look()
        if self._problem is not None:
            raise self._problem
        return self._comparing

    def _look(self) -> None:
        maps = (self._read(SETTINGS_MAP), self._read(PARAMETERS_MAP))
        if all(new is old for new, old in zip(maps, self._maps, strict=True)):
            return
        data, parameters = (_data(one) for one in maps)
        self._maps, self._problem = maps, None
        self._scripts, self._comparing = Customizations(), CompareSettings()
        try:
            self._comparing = settings.parse(data, parameters)
            self._scripts = customizations.parse(data)
        except Blocked as error:
            self._problem = error


def _data(live: LiveObject | None) -> dict[str, str]:
    return (live.decode().get("data") or {}) if live is not None and live.is_whole else {}
