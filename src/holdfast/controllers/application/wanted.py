"""Which application wants which object, so that an object made or taken by somebody else wakes it."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.model.keys import NamespacedName, ObjectKey


class Wanted:
    """As of the last comparison of each application."""

    def __init__(self) -> None:
        self._apps: dict[ObjectKey, NamespacedName] = {}
        self._keys: dict[NamespacedName, tuple[ObjectKey, ...]] = {}

    def remember(self, app: NamespacedName, keys: Iterable[ObjectKey]) -> None:
        wanted = tuple(sorted(set(keys)))
        if wanted == self._keys.get(app):
            return
        self.forget(app)
        self._keys[app] = wanted
        self._apps.update(dict.fromkeys(wanted, app))

    def forget(self, app: NamespacedName) -> None:
        for key in self._keys.pop(app, ()):
            if self._apps.get(key) == app:
                del self._apps[key]

    def app_that_wants(self, key: ObjectKey) -> NamespacedName | None:
        return self._apps.get(key)
