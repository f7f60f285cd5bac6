"""Whether a revision is held off: somebody rolled back from it, and Git has not moved past it yet."""

from __future__ import annotations

import re

from holdfast.engine.status import conditions
from holdfast.model.application import Application, ApplicationCondition
from holdfast.model.names import Annotation, ConditionType

SHORT_COMMIT = re.compile(r"[0-9a-f]{7,40}")
"""What a person may write for a commit; the beginning of a chart's version is another version."""


def is_held(app: Application, revision: str) -> bool:
    held = _held(app)
    if not held or not revision:
        return False
    return revision == held or (SHORT_COMMIT.fullmatch(held) is not None and revision.startswith(held))


def is_passed(app: Application, revision: str) -> bool:
    """The hold has had its effect: Git is known to be at another revision."""
    return bool(_held(app) and revision) and not is_held(app, revision)


def told(app: Application, revision: str) -> str:
    return (
        f"revision {revision} is held off by the annotation {Annotation.HOLD}: it is not synced until Git moves past "
        f"it or the hold is lifted (holdfast app rollback {app.metadata.name} --lift)"
    )


def condition(app: Application, revision: str) -> ApplicationCondition:
    text = told(app, revision)
    return conditions.condition(ConditionType.REVISION_HELD, text[0].upper() + text[1:])


def _held(app: Application) -> str:
    return app.metadata.annotations.get(Annotation.HOLD, "").strip()
