"""A preview in one sentence, as it stands beside a commit."""

from __future__ import annotations

from typing import Final

from holdfast.model.preview import ChangeKind, Preview
from holdfast.model.pull_request import StatusState

NOTHING: Final = "nothing changes"


def state(preview: Preview) -> StatusState:
    """Failed is what cannot be rendered: whether a change is wanted is for people to say."""
    return StatusState.FAILURE if preview.has_problems else StatusState.SUCCESS


def sentence(preview: Preview) -> str:
    """`3 applications change, 1 deletion, 1 guard hit`."""
    problems = sum(bool(app.problem) for app in preview.apps)
    changed = sum(app.changes_something for app in preview.apps)
    changes = [change for app in preview.apps for change in app.changes]
    hits = sum(bool(app.hold) for app in preview.apps)
    warned = sum(change.kind is not ChangeKind.DELETE and bool(change.warnings) for change in changes)
    warned += sum(len(app.notes) for app in preview.apps)
    parts = [
        f"{_counted(changed, 'application')} {'changes' if changed == 1 else 'change'}" if changed else "",
        f"{_counted(problems, 'application')} cannot be rendered" if problems else "",
        _counted(preview.count(ChangeKind.DELETE), "deletion"),
        _counted(hits, "guard hit"),
        _counted(warned, "warning"),
    ]
    return ", ".join(part for part in parts if part) or NOTHING


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}" if count else ""
