"""Makes the Secret of each ExternalSecret from the pretended secrets of a cloud, as External Secrets Operator does.

Source: https://external-secrets.io/latest/api/externalsecret/
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import durations, instants
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted, labels_of, name_of, namespace_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import conditions, pods
from holdfast.sandbox.simulators.cloud_secrets import CloudSecretError, CloudSecrets
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner, owner_reference

EXTERNAL_SECRET = GroupKind("external-secrets.io", "ExternalSecret")
SECRET = GroupKind("", "Secret")

MANAGER = "external-secrets"
HOUR = timedelta(hours=1)
RETRY = timedelta(seconds=30)
SYNCED = "SecretSynced"
FAILED = "SecretSyncedError"


def collected(spec: Mapping[str, Any], secrets: CloudSecrets) -> dict[str, str]:
    """The values by their key in the Secret. Raises CloudSecretError."""
    found: dict[str, str] = {}
    for each in spec.get("dataFrom") or []:
        if "extract" not in each:
            raise CloudSecretError("only dataFrom.extract is known to the sandbox")
        found |= secrets.all_properties(str(each["extract"]["key"]))
    for each in spec.get("data") or []:
        reference = each["remoteRef"]
        found[each["secretKey"]] = secrets.value(str(reference["key"]), str(reference.get("property") or ""))
    return found


def secret_of(external: KubeObject, values: Mapping[str, str]) -> KubeObject:
    target = external["spec"].get("target") or {}
    template = target.get("template") or {}
    metadata = template.get("metadata") or {}
    policy = target.get("creationPolicy") or "Owner"
    data = dict(values)
    if template.get("data"):
        filled = {key: _filled(str(text), values) for key, text in template["data"].items()}
        data = {**data, **filled} if template.get("mergePolicy") == "Merge" else filled
    made: dict[str, Any] = {
        "name": target_name(external),
        "namespace": namespace_of(external),
        "labels": {**(metadata.get("labels") or {}), "reconcile.external-secrets.io/managed": "true"},
        "annotations": metadata.get("annotations") or {},
    }
    if policy == "Owner":
        made["ownerReferences"] = [owner_reference(external)]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {field: value for field, value in made.items() if value},
        "type": template.get("type") or "Opaque",
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }


def target_name(external: KubeObject) -> str:
    return str((external["spec"].get("target") or {}).get("name") or name_of(external))


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The plain form `{{ .name }}` of a template; functions are beyond the sandbox and stay as they are."""
    return re.sub(r"{{-?\s*\.([\w-]+)\s*-?}}", lambda found: values.get(found[1], found[0]), text)


class Timing(Struct, frozen=True):
    """`due` says that the cloud is to be asked again; `again` when that is next so, None for never."""

    due: bool
    again: timedelta | None


def timing(external: KubeObject, now: datetime) -> Timing:
    """An interval of 0 means once. A change of the specification, or a failure, is looked at anew whatever the time."""
    status = external.get("status") or {}
    interval = durations.parse(str(external["spec"].get("refreshInterval") or ""))
    interval = HOUR if interval is None else interval
    refreshed = instants.parse(status.get("refreshTime"))
    if refreshed is None or status.get("syncedResourceVersion") != synced_version(external):
        return Timing(True, interval or None)
    if not conditions.is_true(conditions_of(external), "Ready"):
        return Timing(True, min(interval or RETRY, RETRY))
    if not interval:
        return Timing(False, None)
    left = refreshed + interval - now
    return Timing(left <= timedelta(0), left if left > timedelta(0) else interval)


def synced_version(external: KubeObject) -> str:
    """Changes with what the user writes, not with the status."""
    written = {"spec": external["spec"], "labels": labels_of(external)}
    return f"{external['metadata'].get('generation', 0)}-{pods.template_hash(written)}"


def status_after(external: KubeObject, problem: str, now: datetime) -> dict[str, Any]:
    old = external.get("status") or {}
    if problem:
        found = conditions.with_condition(
            conditions_of(external),
            "Ready",
            False,
            now,
            reason=FAILED,
            message=f"could not get secret data from provider: {problem}",
        )
        return {**old, "conditions": found}
    found = conditions.with_condition(
        conditions_of(external), "Ready", True, now, reason=SYNCED, message="secret synced"
    )
    return {
        **old,
        "conditions": found,
        "refreshTime": instants.stamp(now),
        "syncedResourceVersion": synced_version(external),
        "binding": {"name": target_name(external)},
    }


class ExternalSecrets:
    name = "external-secrets"
    kinds = frozenset({EXTERNAL_SECRET, SECRET})

    def __init__(self, view: ClusterView, secrets: CloudSecrets) -> None:
        self._view = view
        self._secrets = secrets

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, EXTERNAL_SECRET)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        external = self._view.find(key)
        if external is None or is_being_deleted(external):
            return Settled()
        now = self._view.now()
        when = timing(external, now)
        live = self._view.find(ObjectKey("", "Secret", key.namespace, target_name(external)))
        try:
            wanted = secret_of(external, collected(external["spec"], self._secrets))
            problem = await self._bring(wanted, live, external["spec"])
        except CloudSecretError as error:
            problem = str(error)
        was_ready = conditions.is_true(conditions_of(external), "Ready")
        if when.due or was_ready == bool(problem):
            await self._view.write_status(external, status_after(external, problem, now), MANAGER)
        return Settled() if when.again is None else Again(when.again, "refreshInterval")

    async def _bring(self, wanted: KubeObject, live: KubeObject | None, spec: dict[str, Any]) -> str:
        """What stands in the way, "" when nothing does. A Secret that was changed by hand is put right, too."""
        policy = (spec.get("target") or {}).get("creationPolicy") or "Owner"
        if policy == "None":
            return ""
        if live is None:
            if policy == "Merge":
                return f"secret {name_of(wanted)} to merge into does not exist"
            await self._view.create(wanted, MANAGER)
            return ""
        change: dict[str, Any] = {}
        old = live.get("data") or {}
        if any(old.get(key) != value for key, value in wanted["data"].items()) or (
            policy != "Merge" and old.keys() != wanted["data"].keys()
        ):
            removed = {} if policy == "Merge" else dict.fromkeys(old.keys() - wanted["data"].keys())
            change["data"] = {**removed, **wanted["data"]}
        metadata = {
            field: wanted["metadata"][field]
            for field in ("labels", "annotations")
            if not (wanted["metadata"].get(field) or {}).items() <= (live["metadata"].get(field) or {}).items()
        }
        if metadata:
            change["metadata"] = metadata
        if change:
            await self._view.merge(live, change, MANAGER)
        return ""
