"""What an earlier sync deployed, out of its record: for a rollback when Git or the chart is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.engine.plan import hooks
from holdfast.engine.record import entry, naming, packing, sealing
from holdfast.model.errors import Blocked
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, key_of
from holdfast.model.names import Annotation, OperationPhase
from holdfast.model.pinned import Pinned
from holdfast.model.sync_record import RecordContent, RecordedManifest, SyncRecord

NAMED_IN_NOTE = 5


class Restored(Struct, frozen=True):
    """`secrets` are sealed: their values are known to nobody, so that the live ones stay as they are."""

    record: str
    objects: tuple[KubeObject, ...] = ()
    secrets: tuple[RecordedManifest, ...] = ()

    @property
    def kept(self) -> frozenset[ObjectKey]:
        return frozenset(key_of(one.object) for one in self.secrets)


def restored(records: Iterable[SyncRecord], pinned: Pinned) -> Restored | None:
    """From the first record that fits; None when none does. Raises Blocked when that one is damaged or not whole."""
    wanted = tuple(map(entry.without_password, pinned.sources))
    for record in records:
        spec = record.spec
        if spec.revision != pinned.text or spec.phase != OperationPhase.SUCCEEDED or spec.history_id is None:
            continue
        content = packing.unpack(spec.content)
        if (content.sources if pinned.several else (content.source,)) == wanted:
            return _from(record, content)
    return None


def _from(record: SyncRecord, content: RecordContent) -> Restored:
    name = naming.id_of(record.metadata.name)
    if record.spec.notes:
        raise Blocked("RecordNotWhole", f"the record {name} is not whole: {'; '.join(record.spec.notes)}")
    secrets: dict[ObjectKey, RecordedManifest] = {}
    objects: dict[ObjectKey, KubeObject] = {}
    for one in content.manifests:
        if Annotation.TRACKING_ID not in annotations_of(one.object):
            continue  # the namespace that a sync makes by itself
        if sealing.is_secret(one.object):
            secrets[key_of(one.object)] = msgspec.structs.replace(one, applied=False)
        else:
            objects[key_of(one.object)] = canonical.without(one.object, ("metadata", "annotations", hooks.OPERATION))
    return Restored(name, tuple(objects.values()), tuple(secrets.values()))


def note(found: Restored, why: str, exists: Callable[[ObjectKey], bool]) -> str:
    """What people are told of such a sync."""
    told = f"from the record {found.record}, because {why}"
    if found.secrets:
        told += f"; Secrets were left as they are: {_named(found.kept)}"
    missing = [key for key in found.kept if not exists(key)]
    return f"{told}; missing, and not in the record: {_named(missing)}" if missing else told


def _named(keys: Iterable[ObjectKey]) -> str:
    names = [f"{key.namespace}/{key.name}" for key in sorted(keys)]
    more = f" and {len(names) - NAMED_IN_NOTE} more" if len(names) > NAMED_IN_NOTE else ""
    return ", ".join(names[:NAMED_IN_NOTE]) + more
