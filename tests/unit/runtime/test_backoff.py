"""Back-off grows, is capped, and is spread."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.backoff import Backoff


@pytest.mark.parametrize(("failures", "seconds"), [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (10_000, 300)])
def test_the_delay_doubles_up_to_the_cap(failures: int, seconds: int) -> None:
    assert Backoff(Random(1), jitter=0).delay(failures) == timedelta(seconds=seconds)


@given(st.integers(1, 100), st.integers())
def test_the_jitter_shortens_by_its_share_at_most(failures: int, seed: int) -> None:
    whole = Backoff(Random(seed), jitter=0).delay(failures)
    assert whole * 0.75 <= Backoff(Random(seed), jitter=0.25).delay(failures) <= whole
