"""The ControllerRevisions of a StatefulSet or a DaemonSet: its pod templates, each once, in the order of their use.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.sandbox.simulators import pods
from holdfast.sandbox.simulators.view import ClusterView, owner_reference

CONTROLLER_REVISION: Final = GroupKind("apps", "ControllerRevision")
HISTORY: Final = 10
_KIND: Final = {"apiVersion": "apps/v1", "kind": CONTROLLER_REVISION.kind}


def template_of(revision: KubeObject) -> dict[str, Any]:
    template = revision["data"]["spec"]["template"]
    return {key: value for key, value in template.items() if key != "$patch"}


def new_revision(owner: KubeObject, number: int, hash_label: str) -> KubeObject:
    template = owner["spec"]["template"]
    hash_ = pods.template_hash(template)
    return {
        "apiVersion": "apps/v1",
        "kind": CONTROLLER_REVISION.kind,
        "metadata": {
            "name": f"{name_of(owner)}-{hash_}",
            "namespace": namespace_of(owner),
            "labels": {**((template.get("metadata") or {}).get("labels") or {}), hash_label: hash_},
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {"spec": {"template": {**copy.deepcopy(template), "$patch": "replace"}}},
        "revision": number,
    }


async def ensure(view: ClusterView, owner: KubeObject, hash_label: str) -> dict[str, KubeObject]:
    """All there are, by name; that of the present template is among them and has the highest number."""
    found = {name_of(each): each for each in view.owned(owner, CONTROLLER_REVISION)}
    highest = max((int(each.get("revision") or 0) for each in found.values()), default=0)
    wanted = new_revision(owner, highest + 1, hash_label)
    before = found.get(name_of(wanted))
    if before is None:
        await view.create(wanted, pods.MANAGER)
    elif int(before.get("revision") or 0) != highest:
        await view.merge({**before, **_KIND}, {"revision": highest + 1}, pods.MANAGER)
    return {**found, name_of(wanted): before or wanted}


async def forget(view: ClusterView, owner: KubeObject, live: Collection[str]) -> None:
    """Those beyond the history's limit that no Pod has, the oldest first; `live` are names."""
    limit = owner["spec"].get("revisionHistoryLimit", HISTORY)
    old = [each for each in view.owned(owner, CONTROLLER_REVISION) if name_of(each) not in live]
    old.sort(key=lambda each: int(each.get("revision") or 0), reverse=True)
    for each in old[limit:]:
        await view.delete({**each, **_KIND})
