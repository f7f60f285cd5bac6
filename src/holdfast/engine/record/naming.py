"""How records are called, found, told apart and counted."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.engine.kube import canonical
from holdfast.model.application import OperationState
from holdfast.model.sync_record import SyncRecord

LONGEST_NAME = 253
LONGEST_LABEL = 63
DEFAULT_LIMIT = 20
ID_LENGTH = len("20260101-120000-0123ab")


def record_name(application: str, state: OperationState) -> str:
    """The same operation has the same name whoever writes it, and later operations sort later."""
    started = "".join(letter for letter in state.started_at if letter.isdigit())[:14].ljust(14, "0")
    mark = canonical.content_hash([application, state.started_at, _what(state)])[:6]
    cut = application[: LONGEST_NAME - ID_LENGTH - 1].rstrip(".-")
    return f"{cut}-{started[:8]}-{started[8:]}-{mark}"


def _what(state: OperationState) -> list[object]:
    """Two operations may begin in the same second."""
    who, sync = state.operation.initiated_by, state.operation.sync
    selected = [[one.group, one.kind, one.namespace, one.name] for one in sync.resources] if sync else []
    revision = state.sync_result.revision if state.sync_result else ""
    return [revision, who.username, who.automated, selected, sync.prune if sync else False]


def label_value(application: str) -> str:
    """Selects the records of an application whose name may be too long for a label."""
    if len(application) <= LONGEST_LABEL:
        return application
    return f"{application[: LONGEST_LABEL - 9]}-{canonical.content_hash(application)[:8]}"


def id_of(name: str) -> str:
    """The part of a record's name that people type."""
    return name[-ID_LENGTH:]


def matching(records: Iterable[SyncRecord], asked: str) -> list[SyncRecord]:
    """The records that `asked` may mean: an id of status.history, a record's id or the beginning of one, its name."""
    candidates = list(records)
    by_history = [one for one in candidates if one.spec.history_id is not None and str(one.spec.history_id) == asked]
    if by_history:
        return by_history
    return [
        one
        for one in candidates
        if asked and (id_of(one.metadata.name).startswith(asked) or one.metadata.name == asked)
    ]


def surplus(names: Iterable[str], limit: int) -> list[str]:
    """The oldest ones beyond the limit."""
    by_age = sorted(set(names), key=lambda name: (id_of(name), name))
    return by_age[: max(0, len(by_age) - limit)]


def limit_of(said: str) -> int:
    """How many records are kept; 0 switches the ledger off, what is no number counts for nothing."""
    return min(int(said), 1000) if said.isdecimal() else DEFAULT_LIMIT
