"""What an answer says about a message: taken, to be tried again, or not."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.adapters.notify.http import Answer
from holdfast.model.notification import Accepted
from holdfast.ports.notifications import Undelivered

MOST_SAID: Final = 200
_PASSING: Final = frozenset({408, 425, 429})


def check(answer: Answer, accepted: Accepted) -> dict[str, Any]:
    """The answer where it is a JSON object. Raises Undelivered."""
    said = answer.body[:MOST_SAID].decode("utf-8", "replace").strip()
    if not 200 <= answer.status < 300:
        may_pass = answer.status >= 500 or answer.status in _PASSING
        redirects = ", a redirect, which is not followed: name the new address" if 300 <= answer.status < 400 else ""
        raise Undelivered(f"{answer.host} answers {answer.status}{redirects}{said and f': {said}'}", may_pass=may_pass)
    match accepted:
        case Accepted.BY_STATUS:
            return {}
        case Accepted.BY_ONE:
            if said != "1":
                raise Undelivered(f"{answer.host} does not take it: {said}", may_pass=False)
            return {}
        case Accepted.BY_OK:
            found = decoded(answer)
            if found.get("ok") is not True:
                why = str(found.get("error") or found.get("description") or "no reason given")[:MOST_SAID]
                raise Undelivered(f"{answer.host} does not take it: {why}", may_pass=why in ("ratelimited",))
            return found


def decoded(answer: Answer) -> dict[str, Any]:
    """Raises Undelivered for what is no JSON object."""
    found: dict[str, Any] = parsed(answer, dict[str, Any])
    return found


def parsed(answer: Answer, shape: Any = Any) -> Any:
    """Raises Undelivered for what is no JSON of this shape."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Undelivered(f"{answer.host} answers with no JSON", may_pass=True) from error
