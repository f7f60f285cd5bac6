"""What the settings maps say about how syncs are carried out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from holdfast.engine.status import times

PARAMETERS_MAP = "argocd-cmd-params-cm"
SYNC_TIMEOUT = "controller.sync.timeout.seconds"
WAVE_DELAY = "controller.sync.wave.delay.seconds"
SUPERSEDE_AFTER = "holdfast.sync.supersedeAfter"

DEFAULT_WAVE_DELAY = timedelta(seconds=2)
DEFAULT_SUPERSEDE_AFTER = timedelta(minutes=2)


class SyncParameters(Struct, frozen=True):
    """`timeout` None: a sync may take as long as it likes. `supersede_after` None: none makes room for a newer commit."""

    timeout: timedelta | None = None
    wave_delay: timedelta = DEFAULT_WAVE_DELAY
    supersede_after: timedelta | None = DEFAULT_SUPERSEDE_AFTER


def read(settings: Mapping[str, str], parameters: Mapping[str, str]) -> SyncParameters:
    """`settings` is argocd-cm, `parameters` argocd-cmd-params-cm. What cannot be read counts as not said."""
    timeout = times.duration(parameters.get(SYNC_TIMEOUT, ""), timedelta(0))
    patience = settings.get(SUPERSEDE_AFTER, "")
    return SyncParameters(
        timeout=timeout or None,
        wave_delay=times.duration(parameters.get(WAVE_DELAY, ""), DEFAULT_WAVE_DELAY),
        supersede_after=None if patience == "off" else times.duration(patience, DEFAULT_SUPERSEDE_AFTER),
    )
