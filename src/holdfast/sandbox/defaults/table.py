"""Which functions fill in what of which kind.

Two steps, as in the server: defaults belong to the version that was sent, so the writer of an object holds them in its
managedFields; what the server prepares (a status, generated labels, what admission adds) nobody holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.defaults import apps, autoscaling, batch, core, extensions, networking, pods, policy, rbac

Fill = Callable[[dict[str, Any]], None]
# The new object, to be changed, and the one that is there already (None for a creation).
Prepare = Callable[[dict[str, Any], KubeObject | None], None]

DEFAULTS: Final[Mapping[GroupKind, Fill]] = {
    **apps.DEFAULTS,
    **autoscaling.DEFAULTS,
    **batch.DEFAULTS,
    **core.DEFAULTS,
    **extensions.DEFAULTS,
    **networking.DEFAULTS,
    **pods.DEFAULTS,
    **rbac.DEFAULTS,
}
PREPARATIONS: Final[Mapping[GroupKind, Prepare]] = {
    **apps.PREPARATIONS,
    **autoscaling.PREPARATIONS,
    **batch.PREPARATIONS,
    **core.PREPARATIONS,
    **extensions.PREPARATIONS,
    **networking.PREPARATIONS,
    **pods.PREPARATIONS,
    **policy.PREPARATIONS,
}


def fill(kind: GroupKind, obj: dict[str, Any]) -> None:
    """Fills in what the object leaves to the server."""
    function = DEFAULTS.get(kind)
    if function is not None:
        function(obj)


def prepare(kind: GroupKind, obj: dict[str, Any], before: KubeObject | None) -> None:
    """Adds what is the server's own."""
    function = PREPARATIONS.get(kind)
    if function is not None:
        function(obj, before)
