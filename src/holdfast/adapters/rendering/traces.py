"""What the renders of each application have read, in the repository of each source and in those that lend it files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from holdfast.adapters.rendering.trace import Beside, Trace
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest

MOST: Final = 10_000
_Key: TypeAlias = tuple[NamespacedName, TreeLocation]


class Traces:
    """Charts and files at addresses are in none: a commit does not change what they are."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, dict[int, tuple[Trace, ...]]] = OrderedDict()

    def remember(self, request: RenderRequest, own: Trace, lent: Mapping[str, Trace]) -> None:
        """`lent` are by the names of the request's refs. A source that is rendered again forgets what it read before."""
        app = NamespacedName(request.app_namespace, request.app_name)
        found: dict[TreeLocation, list[Trace]] = {request.location: [own]}
        for ref in request.refs:
            found.setdefault(ref.location, []).append(lent[ref.name])
        for location, traces in found.items():
            key = (app, location)
            self._known.setdefault(key, {})[request.position] = tuple(traces)
            self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def comparing(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Callable[[FileTree], dict[NamespacedName, bool]] | None:
        """Tells by the tree at `location` for which applications nothing has changed since the commit given with each; None
        when nothing is known of any."""
        known = {
            app: [trace for part in parts.values() for trace in part]
            for app, commit in apps.items()
            if (parts := self._known.get((app, TreeLocation(location.repository, commit)))) is not None
        }
        if not known:
            return None

        def compare(tree: FileTree) -> dict[NamespacedName, bool]:
            beside = Beside(tree)
            return {app: all(map(beside.is_same, traces)) for app, traces in known.items()}

        return compare
