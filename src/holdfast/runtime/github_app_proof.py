"""The token by which a GitHub App says who it is, before it is given one that opens anything.

Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from holdfast.runtime import json_web_tokens

SIGNED_FOR: Final = timedelta(minutes=9)
"""GitHub takes at most ten minutes."""
CLOCK_SKEW: Final = timedelta(minutes=1)


def proof(app: str, key: str, now: datetime) -> str:
    """Raises ValueError, without the key, where `key` is no RSA key in PEM form."""
    claims: dict[str, str | int] = {
        "iat": int((now - CLOCK_SKEW).timestamp()),
        "exp": int((now + SIGNED_FOR).timestamp()),
        "iss": app,
    }
    return json_web_tokens.signed(claims, key)
