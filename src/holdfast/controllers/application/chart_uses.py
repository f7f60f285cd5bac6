"""Which charts each application was rendered with beside those that its sources name: its charts depend on them, or its
kustomizations inflate them."""

from __future__ import annotations

from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import ChartUse


class ChartUses:
    """Learnt with every render, those included that fail because a chart is not there."""

    def __init__(self) -> None:
        self._known: dict[NamespacedName, frozenset[ChartUse]] = {}
        self._named: dict[NamespacedName, set[ChartUse]] = {}
        self._asked_anew: set[NamespacedName] = set()

    def named(self, app: NamespacedName, use: ChartUse) -> None:
        self._named.setdefault(app, set()).add(use)

    def rendered(self, app: NamespacedName) -> None:
        """All sources are: what none of them named is forgotten."""
        self._asked_anew.discard(app)
        self._known.pop(app, None)
        if named := self._named.pop(app, None):
            self._known[app] = frozenset(named)

    def of(self, app: NamespacedName) -> frozenset[ChartUse]:
        return self._known.get(app, frozenset()) | self._named.get(app, set())

    def ask_anew(self, app: NamespacedName) -> None:
        """Which versions there are is asked after this call, when the application is rendered next."""
        self._asked_anew.add(app)

    def is_asked_anew(self, app: NamespacedName) -> bool:
        return app in self._asked_anew

    def forget(self, app: NamespacedName) -> None:
        self._known.pop(app, None)
        self._named.pop(app, None)
        self._asked_anew.discard(app)
