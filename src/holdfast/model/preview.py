"""What a revision of a repository would change, before anybody merges it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from holdfast.model.comparison import Difference
from holdfast.model.keys import NamespacedName, ObjectKey


class ChangeKind(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class ObjectChange(Struct, frozen=True):
    """One object that is rendered differently. `fields` are rendered against rendered, `live_fields` are what an apply
    would change in the cluster besides. `warnings` say what a person should look at before he merges."""

    key: ObjectKey
    kind: ChangeKind
    fields: tuple[Difference, ...] = ()
    live_fields: tuple[Difference, ...] = ()
    hook: bool = False
    warnings: tuple[str, ...] = ()


class AppPreview(Struct, frozen=True):
    """One application. `problem` is why it cannot be rendered at the revision; `kind` is set for one that comes or goes;
    `hold` is what a sync would wait for; `notes` are what people should know of the render, and did not before."""

    name: NamespacedName
    base_revision: str = ""
    head_revision: str = ""
    changes: tuple[ObjectChange, ...] = ()
    problem: str = ""
    kind: ChangeKind | None = None
    hold: str = ""
    notes: tuple[str, ...] = ()

    @property
    def changes_something(self) -> bool:
        return bool(self.changes or self.kind is not None) and not self.problem

    @property
    def is_affected(self) -> bool:
        return bool(self.changes_something or self.problem or self.notes)


class Preview(Struct, frozen=True):
    """`apps` are the affected ones; `unaffected` counts the others that read the repository."""

    repository: str
    base: str
    head: str
    apps: tuple[AppPreview, ...] = ()
    unaffected: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.apps

    @property
    def has_changes(self) -> bool:
        return any(app.changes_something for app in self.apps)

    @property
    def has_problems(self) -> bool:
        return any(app.problem for app in self.apps)

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind is kind for app in self.apps for change in app.changes)
