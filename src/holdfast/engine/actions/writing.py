"""How what an action makes of an object is written: the changed part of it alone, its status by itself."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from holdfast.engine.kube import merge_patch
from holdfast.model.kube import KubeObject, resource_version_of

STATUS = "status"


class Change(Struct, frozen=True):
    """Two merge patches, {} for none. `main` holds for the version that the action has seen, and for no later one."""

    main: KubeObject = {}
    status: KubeObject = {}


def change(live: KubeObject, wanted: KubeObject, subresources: Collection[str]) -> Change:
    """A status goes by its own way where the kind has one: elsewhere the server would leave it out without a word."""
    patch = merge_patch.difference(live, wanted)
    status = {STATUS: patch.pop(STATUS)} if STATUS in patch and STATUS in subresources else {}
    seen = {"resourceVersion": resource_version_of(live)}
    if not patch:
        return Change(status={"metadata": seen, **status} if status else {})
    return Change({**patch, "metadata": {**(patch.get("metadata") or {}), **seen}}, status)
