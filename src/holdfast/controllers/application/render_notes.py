"""What the last render of each application noted for people."""

from __future__ import annotations

from holdfast.model.keys import NamespacedName


class RenderNotes:
    """Of each application the notes of its last render, together with the revisions that were rendered."""

    def __init__(self) -> None:
        self._known: dict[NamespacedName, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def rendered(self, app: NamespacedName, revisions: tuple[str, ...], notes: tuple[str, ...]) -> None:
        if notes:
            self._known[app] = (revisions, notes)
        else:
            self.forget(app)

    def at(self, app: NamespacedName, revisions: tuple[str, ...]) -> tuple[str, ...]:
        """None where other revisions were rendered last."""
        known = self._known.get(app)
        return known[1] if known is not None and known[0] == revisions else ()

    def forget(self, app: NamespacedName) -> None:
        self._known.pop(app, None)
