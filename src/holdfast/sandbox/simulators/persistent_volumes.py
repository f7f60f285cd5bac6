"""Gives every PersistentVolumeClaim a volume of what it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, name_of, namespace_of, uid_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Outcome, Settled
from holdfast.sandbox.simulators.pods import MANAGER, without_zeros
from holdfast.sandbox.simulators.view import ClusterView

CLAIM = GroupKind("", "PersistentVolumeClaim")
VOLUME = GroupKind("", "PersistentVolume")

PROVISIONER = "sandbox.holdfast.dev/volumes"
PROVISIONED = {"pv.kubernetes.io/provisioned-by": PROVISIONER}


def volume_for(claim: KubeObject) -> KubeObject:
    spec = claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{uid_of(claim)}", "annotations": PROVISIONED},
        "spec": {
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "capacity": {"storage": requested(claim)},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": name_of(claim),
                "namespace": namespace_of(claim),
                "uid": uid_of(claim),
            },
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": spec.get("volumeMode") or "Filesystem",
            "hostPath": {"path": f"/sandbox/{uid_of(claim)}"},
            **without_zeros({"storageClassName": spec.get("storageClassName")}),
        },
    }


def requested(claim: KubeObject) -> str:
    return str(((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage") or "1Gi")


def claim_status(claim: KubeObject) -> dict[str, Any]:
    return {
        **(claim.get("status") or {}),
        "phase": "Bound",
        "accessModes": claim["spec"].get("accessModes") or ["ReadWriteOnce"],
        "capacity": {"storage": requested(claim)},
    }


class PersistentVolumes:
    name = "persistent-volumes"
    kinds = frozenset({CLAIM, VOLUME})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        if changed.group_kind == CLAIM:
            # The volume outlives its claim by a moment, and is looked at once more then.
            return [changed.key, ObjectKey("", VOLUME.kind, "", f"pvc-{changed.metadata.uid}")]
        return [changed.key]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        found = self._view.find(key)
        if found is None or is_being_deleted(found):
            return Settled()
        if key.group_kind == CLAIM:
            await self._bind(found)
        else:
            await self._keep_or_reclaim(found)
        return Settled()

    async def _bind(self, claim: KubeObject) -> None:
        if not claim["spec"].get("volumeName"):
            volume = volume_for(claim)
            await self._view.create(volume, MANAGER)
            await self._view.merge(claim, {"spec": {"volumeName": name_of(volume)}}, MANAGER)
            claim = self._view.find(ObjectKey("", CLAIM.kind, namespace_of(claim), name_of(claim))) or claim
        await self._view.write_status(claim, claim_status(claim), MANAGER)

    async def _keep_or_reclaim(self, volume: KubeObject) -> None:
        reference = volume["spec"].get("claimRef") or {}
        annotations = volume["metadata"].get("annotations") or {}
        if not PROVISIONED.items() <= annotations.items() or not reference:
            return
        claim = self._view.find(
            ObjectKey("", CLAIM.kind, reference.get("namespace") or "", reference.get("name") or "")
        )
        if claim is not None and uid_of(claim) == reference.get("uid"):
            await self._view.write_status(volume, {**(volume.get("status") or {}), "phase": "Bound"}, MANAGER)
        elif volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            await self._view.delete(volume)
