"""Keeps the values of Secrets, and answers without end, out of what stands in a run."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from holdfast.model.analysis import Measurement

MASK = "*****"
LONGEST_VALUE = 4096
LONGEST_MESSAGE = 1024
MOST_METADATA = 16


def masked(text: str, secrets: Iterable[str]) -> str:
    """The longest first, so that one that begins like another leaves no rest."""
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def clean(measurement: Measurement, secrets: Iterable[str]) -> Measurement:
    known = tuple(secrets)
    return msgspec.structs.replace(
        measurement,
        value=_cut(masked(measurement.value, known), LONGEST_VALUE),
        message=_cut(masked(measurement.message, known), LONGEST_MESSAGE),
        metadata={
            key: _cut(masked(value, known), LONGEST_VALUE)
            for key, value in list(measurement.metadata.items())[:MOST_METADATA]
        },
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
