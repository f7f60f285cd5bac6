"""Configuration that goes back with the pods: each revision names copies of its own of ConfigMaps and Secrets.

A copy is named by its content, so that the pod template changes when the configuration does, and only then. Here is
only which names there are; contents stay with who reads and writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

from holdfast.engine.rollout.actions import ChangeReplicaSet, KeepConfiguration
from holdfast.engine.rollout.draft import Configuration, Draft
from holdfast.engine.rollout.pod_templates import comparable, of_set
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.model.rollout import Rollout

ASKED: Final = "holdfast.dev/revision-configuration"
KEPT: Final = "holdfast.dev/revision-configuration-kept"
"""On a ReplicaSet: which contents its pods have. Written once their copies are there."""
MOST: Final = 50
LOOK_AGAIN: Final = timedelta(seconds=30)
LONGEST_NAME: Final = 253
Named: TypeAlias = tuple[str, str]
"""Kind and name."""
Rename: TypeAlias = Callable[[str, str], str]

# The field of a pod template that holds a name, by what it is in.
_IN_ENV: Final = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_IN_ENV_FROM: Final = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_IN_SOURCES: Final = {"configMap": "ConfigMap", "secret": "Secret"}


def is_asked(rollout: Rollout) -> bool:
    return rollout.metadata.annotations.get(ASKED) == "true"


def named(template: KubeObject) -> tuple[Named, ...]:
    """Each once, in the order of the template."""
    found: dict[Named, None] = {}

    def note(kind: str, name: str) -> str:
        found[kind, name] = None
        return name

    _with_names(template, note)
    return tuple(found)


def renamed(template: KubeObject, names: Mapping[Named, str]) -> KubeObject:
    return _with_names(template, lambda kind, name: names.get((kind, name), name))


def copy_name(obj: KubeObject) -> str:
    """By the content alone: labels and annotations are of no use to the pods."""
    content = {field: obj.get(field) or {} for field in ("data", "binaryData")} | {"type": obj.get("type") or ""}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{name_of(obj)[: LONGEST_NAME - len(digest) - 1]}-{digest}"


def is_copied(obj: KubeObject) -> bool:
    """What never changes needs no copy; the token of a service account is made and renewed by the cluster."""
    return not obj.get("immutable") and obj.get("type") != "kubernetes.io/service-account-token"


def in_effect(
    template: KubeObject, copies: Mapping[Named, str], sets: Sequence[ReplicaSet], current_hash: str
) -> Configuration:
    """Pods that ran before this was asked for keep the names they have until their configuration or template changes:
    to ask for it starts no release."""
    if not copies:
        return Configuration(template)
    text = json.dumps(sorted(copies.values()))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:10]
    plain = comparable(template)
    for one in sets:
        kept = annotations_of(one.obj).get(KEPT, "")
        is_first = not kept and one.hash == current_hash
        if (is_first or kept == fingerprint) and comparable(of_set(one.obj)) == plain:
            return Configuration(template, {}, fingerprint)
    return Configuration(renamed(template, copies), dict(copies), fingerprint)


def proceed(draft: Draft, configuration: Configuration) -> None:
    """The new set has its copies before it has its first pod, or says what the pods have that it has already."""
    draft.wake(draft.now + LOOK_AGAIN)
    new = draft.new
    if new is None or not configuration.fingerprint:
        return
    if annotations_of(new.obj).get(KEPT) == configuration.fingerprint:
        return
    if configuration.copies:
        copies = tuple((kind, name, copy) for (kind, name), copy in configuration.copies.items())
        draft.act(KeepConfiguration(new.name, new.uid, copies, configuration.fingerprint))
    else:
        draft.act(ChangeReplicaSet(new.name, annotations={KEPT: configuration.fingerprint}))


def copied(obj: KubeObject, kind: str, name: str, rollout: Rollout, owner: Mapping[str, Any]) -> KubeObject:
    """The copy: the content alone, for good."""
    kept = {field: obj[field] for field in ("data", "binaryData", "type") if obj.get(field)}
    metadata = {
        "name": name,
        "namespace": rollout.metadata.namespace,
        "annotations": {"holdfast.dev/copy-of": name_of(obj)},
        "ownerReferences": [dict(owner)],
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "immutable": True, **kept}


def owner_of(set_name: str, uid: str) -> dict[str, Any]:
    """Several revisions may have the same copy: it goes with the last of them."""
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set_name, "uid": uid}


def _with_names(template: KubeObject, name: Rename) -> KubeObject:
    spec = dict(template.get("spec") or {})
    for field in ("containers", "initContainers"):
        if isinstance(spec.get(field), list):
            spec[field] = [_container(one, name) for one in spec[field]]
    if isinstance(spec.get("volumes"), list):
        spec["volumes"] = [_volume(one, name) for one in spec["volumes"]]
    return {**template, "spec": spec}


def _container(container: dict[str, Any], name: Rename) -> dict[str, Any]:
    changed = dict(container)
    if container.get("env"):
        changed["env"] = [
            {**one, "valueFrom": _references(one["valueFrom"], _IN_ENV, name)} if one.get("valueFrom") else one
            for one in container["env"]
        ]
    if container.get("envFrom"):
        changed["envFrom"] = [_references(one, _IN_ENV_FROM, name) for one in container["envFrom"]]
    return changed


def _volume(volume: dict[str, Any], name: Rename) -> dict[str, Any]:
    changed = _references(volume, _IN_SOURCES, name)
    sources = (volume.get("projected") or {}).get("sources")
    if sources:
        changed["projected"] = {
            **volume["projected"],
            "sources": [_references(one, _IN_SOURCES, name) for one in sources],
        }
    return changed


def _references(holder: dict[str, Any], kinds: Mapping[str, str], name: Rename) -> dict[str, Any]:
    changed = dict(holder)
    for field, kind in kinds.items():
        reference = holder.get(field)
        if isinstance(reference, dict):
            # A volume of a Secret calls its name otherwise.
            key = next((key for key in ("name", "secretName") if reference.get(key)), "")
            if key:
                changed[field] = {**reference, key: name(kind, str(reference[key]))}
    return changed
