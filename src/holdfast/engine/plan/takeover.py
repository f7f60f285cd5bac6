"""The object to write when merging into what others made of it is not valid.

Somebody who renames a Service's port 80 to 8080 by hand leaves an entry that server-side apply keeps beside ours: two ports of one
name, which the server refuses. What we name as a list is then ours as a whole.
"""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube import canonical
from holdfast.model.kube import KubeObject


def taken_over(live: KubeObject, desired: KubeObject) -> KubeObject:
    """The live object with every map merged with the desired one and every list that is desired in place of the live one."""
    merged: KubeObject = _over(live, desired)
    return canonical.without(merged, ("metadata", "managedFields"))


def _over(live: Any, desired: Any) -> Any:
    if not isinstance(live, dict) or not isinstance(desired, dict):
        return desired
    return {**live, **{name: _over(live.get(name), value) for name, value in desired.items()}}
