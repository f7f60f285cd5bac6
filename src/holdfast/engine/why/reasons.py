"""One reason why an application is not synced, not healthy or not moving, and what would unblock it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from holdfast.model.application import Application


class Kind(StrEnum):
    """In the order in which they are told: what stands first has to be solved first."""

    PAUSED = "Paused"
    DELETION = "Deletion"
    SPEC = "InvalidSpec"
    SOURCE = "Source"
    UNSEEN = "NotSeenYet"
    FREEZE = "Freeze"
    WINDOW = "SyncWindow"
    HELD = "RevisionHeld"
    APPROVAL = "Approval"
    DEPENDENCY = "Dependency"
    GUARD = "DeletionGuard"
    REFUSED = "Refused"
    RETRY = "Retry"
    HOOK = "Hook"
    CONFIRMATION = "Confirmation"
    WAVE = "Wave"
    RUNNING = "Running"
    FAILED = "Failed"
    MANUAL = "NotAutomated"
    UNHEALTHY = "Unhealthy"
    WARNING = "Warning"
    NOTHING = "Nothing"


class Reason(Struct, frozen=True, rename="camel", omit_defaults=True):
    """`because` is one sentence; `details` what was seen; `unblock` what helps, and `command` does it when copied.
    `since` and `until` are instants as Kubernetes writes them."""

    kind: Kind
    because: str
    subject: str = ""
    details: tuple[str, ...] = ()
    unblock: str = ""
    command: str = ""
    since: str = ""
    until: str = ""


def command(app: Application, verb: str, *more: str) -> str:
    """A command of `holdfast app` about this application."""
    place = f" -N {app.metadata.namespace}" if app.metadata.namespace not in ("", "argocd") else ""
    return " ".join(("holdfast app", verb, app.metadata.name + place, *more))
