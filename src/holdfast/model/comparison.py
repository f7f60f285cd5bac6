"""What a comparison of one object says: whether it is as desired, and where it is not."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from holdfast.model.names import SyncCode


class Difference(Struct, frozen=True):
    """One field that would change: `before` is what the cluster has, `after` what it should have; None is absent.

    `manager` wrote the present value at `since` (RFC 3339), as far as managedFields tell; secrets are masked.
    """

    path: str
    before: Any = None
    after: Any = None
    manager: str = ""
    since: str = ""


class Comparison(Struct, frozen=True):
    status: SyncCode
    differences: tuple[Difference, ...] = ()
