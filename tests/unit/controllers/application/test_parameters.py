"""What the settings maps say about syncs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.controllers.application.parameters import SyncParameters, read

DEFAULT = SyncParameters()


@pytest.mark.parametrize(
    ("settings", "parameters", "expected"),
    [
        ({}, {}, DEFAULT),
        ({}, {"controller.sync.timeout.seconds": "0"}, DEFAULT),
        ({}, {"controller.sync.timeout.seconds": "90"}, SyncParameters(timeout=timedelta(seconds=90))),
        ({}, {"controller.sync.timeout.seconds": "soon"}, DEFAULT),
        ({}, {"controller.sync.wave.delay.seconds": "0"}, SyncParameters(wave_delay=timedelta(0))),
        ({"holdfast.sync.supersedeAfter": "10m"}, {}, SyncParameters(supersede_after=timedelta(minutes=10))),
        ({"holdfast.sync.supersedeAfter": "off"}, {}, SyncParameters(supersede_after=None)),
        ({"holdfast.sync.supersedeAfter": "soon"}, {}, DEFAULT),
    ],
)
def test_the_maps_are_read(settings: dict[str, str], parameters: dict[str, str], expected: SyncParameters) -> None:
    assert read(settings, parameters) == expected
