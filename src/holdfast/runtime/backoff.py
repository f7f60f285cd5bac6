"""How long to wait before the next attempt after a number of failures in a row."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from msgspec import Struct

# 2 ** 63 of any delay is beyond every cap; a larger exponent would only overflow.
LARGEST_EXPONENT = 63


class Backoff(Struct, frozen=True):
    """Doubles from `first` up to `cap`; each delay is shortened at random by up to the share `jitter`, so that those
    that failed together do not come back together."""

    random: Random
    first: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=5)
    jitter: float = 0.25

    def delay(self, failures: int) -> timedelta:
        """After the first failure `failures` is 1."""
        exponent = min(max(failures, 1) - 1, LARGEST_EXPONENT)
        seconds = min(self.first.total_seconds() * 2.0**exponent, self.cap.total_seconds())
        return timedelta(seconds=seconds * (1 - self.jitter * self.random.random()))
