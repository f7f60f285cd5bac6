"""Makes the record of a sync that has ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import urlunsplit

import msgspec

from holdfast.engine.record import naming, packing, sealing
from holdfast.model.application import Application, ApplicationSource, OperationState, SyncOperationResult
from holdfast.model.approval import Approval
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, OWN_API_VERSION, Label
from holdfast.model.sync_record import RecordContent, RecordedApproval, RecordedManifest, SyncRecordSpec
from holdfast.model.web_addresses import parts_of

MOST_BYTES = 1024 * 1024
ROOM_FOR_LATER = 256 * 1024
"""Drift is noted in the record afterwards, and the server adds its metadata."""

LONGEST_MESSAGE = 2048
LONGEST_TEXT = 1024
MOST_GROUPS = 50


def document(
    app: Application,
    state: OperationState,
    manifests: Iterable[RecordedManifest],
    *,
    key: bytes,
    history_id: int | None = None,
    notes: Sequence[str] = (),
    kept: Sequence[RecordedManifest] = (),
    approvals: Iterable[Approval] = (),
    masked_annotations: Collection[str] = (),
) -> KubeObject:
    """The SyncRecord as it is written. `key` is that of the digests; without one, values of Secrets leave only a mask.
    `masked_annotations` of Secrets are hidden like their values.

    `kept` come sealed from an earlier record.
    """
    manifests = tuple(manifests)
    texts = sealing.secret_texts((one.object for one in manifests), masked_annotations)
    sealed = tuple(
        msgspec.structs.replace(one, object=sealing.sealed(one.object, key, masked_annotations)) for one in manifests
    )
    content = _content(app, state, sealed, texts)
    content = msgspec.structs.replace(content, manifests=(*content.manifests, *kept))
    source = content.source or next(iter(content.sources), ApplicationSource())
    plain = SyncRecordSpec(
        application=app.metadata.name,
        history_id=history_id,
        repo_url=source.repo_url[:LONGEST_TEXT],
        path=source.path[:LONGEST_TEXT],
        chart=source.chart[:LONGEST_TEXT],
        target_revision=source.target_revision[:LONGEST_TEXT],
        revision=_revision(state.sync_result)[:LONGEST_TEXT],
        phase=state.phase,
        message=sealing.scrubbed(state.message, texts)[:LONGEST_MESSAGE],
        initiated_by=content.operation.initiated_by,
        started_at=state.started_at,
        finished_at=state.finished_at,
        resources=len(content.results),
        approvals=tuple(map(_approval, approvals)),
        notes=tuple(notes),
    )
    without_content = _object(app, state, plain)
    room = MOST_BYTES - ROOM_FOR_LATER - len(msgspec.json.encode(without_content))
    packed = packing.pack(content, max(0, room))
    said = (*plain.notes, packed.note) if packed.note else plain.notes
    return _object(app, state, msgspec.structs.replace(plain, content=packed.content, notes=said))


def _approval(given: Approval) -> RecordedApproval:
    return RecordedApproval(
        user=given.spec.user[:LONGEST_TEXT],
        groups=tuple(group[:LONGEST_TEXT] for group in given.spec.groups[:MOST_GROUPS]),
        given_at=given.metadata.creation_timestamp,
        comment=given.spec.comment[:LONGEST_TEXT],
    )


def _content(
    app: Application, state: OperationState, sealed: tuple[RecordedManifest, ...], texts: sealing.Texts
) -> RecordContent:
    result = state.sync_result or SyncOperationResult()
    told = RecordContent(
        source=without_password(result.source or (None if result.sources else app.spec.source)),
        sources=tuple(filter(None, map(without_password, result.sources))),
        operation=_options(state),
        results=result.resources,
    )
    cleaned = msgspec.convert(sealing.scrubbed(msgspec.to_builtins(told), texts), RecordContent)
    return msgspec.structs.replace(cleaned, manifests=sealed)


def _revision(result: SyncOperationResult | None) -> str:
    return (result.revision or ", ".join(result.revisions)) if result is not None else ""


def _options(state: OperationState) -> Any:
    """The operation as it was asked for; manifests given with it are among those recorded."""
    asked = state.operation
    if asked.sync is None:
        return asked
    return msgspec.structs.replace(
        asked, sync=msgspec.structs.replace(asked.sync, manifests=(), source=None, sources=())
    )


def without_password(source: ApplicationSource | None) -> ApplicationSource | None:
    """A repository's URL may carry credentials."""
    if source is None or "://" not in source.repo_url or "@" not in source.repo_url:
        return source
    parts = parts_of(source.repo_url)
    without_user = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    cleaned = without_user if parts.scheme else source.repo_url.rpartition("@")[2]
    return msgspec.structs.replace(source, repo_url=cleaned)


def _object(app: Application, state: OperationState, spec: SyncRecordSpec) -> KubeObject:
    metadata = app.metadata
    owner = {"apiVersion": API_VERSION, "kind": "Application", "name": metadata.name, "uid": metadata.uid}
    return {
        "apiVersion": OWN_API_VERSION,
        "kind": "SyncRecord",
        "metadata": {
            "name": naming.record_name(metadata.name, state),
            "namespace": metadata.namespace,
            "labels": {Label.APPLICATION.value: naming.label_value(metadata.name)},
            "ownerReferences": [owner],
        },
        "spec": msgspec.to_builtins(spec),
    }
