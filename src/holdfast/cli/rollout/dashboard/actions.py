"""What the buttons ask for: the requests of the commands of the same names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from holdfast.engine.rollout import requests
from holdfast.engine.rollout.requests import Request
from holdfast.model.errors import Blocked
from holdfast.model.rollout import Rollout


class Action(Struct, frozen=True):
    """`is_confirmed`: the page asks again before what is not easily taken back."""

    name: str
    label: str
    request: Callable[[Rollout, datetime], Request]
    is_confirmed: bool = False

    def refusal(self, rollout: Rollout, now: datetime) -> str:
        """Why it cannot be asked for now; "" when it can."""
        try:
            self.request(rollout, now)
        except Blocked as error:
            return error.message
        return ""


ACTIONS: Final = {
    action.name: action
    for action in (
        Action("promote", "Promote", lambda rollout, _: requests.promote(rollout)),
        Action("full", "Full promote", lambda rollout, _: requests.promote(rollout, full=True), is_confirmed=True),
        Action("pause", "Pause", lambda rollout, _: requests.pause(rollout)),
        Action("abort", "Abort", lambda rollout, _: requests.abort(rollout), is_confirmed=True),
        Action("retry", "Retry", lambda rollout, _: requests.retry(rollout)),
        Action("restart", "Restart", requests.restart, is_confirmed=True),
    )
}
