"""Names under which programs of users are found in a folder."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 128
_PART: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"{_PART}(?:/{_PART})?")


def is_name(name: str) -> bool:
    """`NAME` or `OWNER/NAME`, which can be no path to anywhere else."""
    return len(name) <= LONGEST and _NAME.fullmatch(name) is not None
