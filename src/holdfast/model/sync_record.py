"""The ledger entry of one sync, and what it packs together."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from holdfast.model.application import ApplicationSource, Operation, OperationInitiator, ResourceResult
from holdfast.model.fields import REQUIRED, ApiStruct, NeededStr, NeededTime, Time
from holdfast.model.metadata import ObjectMeta


class RecordedManifest(ApiStruct, frozen=True, kw_only=True):
    """A manifest as it was sent, save the values of Secrets; `applied` is false where it was left alone or refused."""

    object: dict[str, Any] = field(default_factory=dict)
    applied: bool = True


class RecordContent(ApiStruct, frozen=True, kw_only=True):
    """What `SyncRecordSpec.content` holds: everything whose size depends on the application."""

    source: ApplicationSource | None = None
    sources: tuple[ApplicationSource, ...] = ()
    operation: Operation = Operation()
    manifests: tuple[RecordedManifest, ...] = ()
    results: tuple[ResourceResult, ...] = ()


class RecordedApproval(ApiStruct, frozen=True, kw_only=True):
    """Who let the revision pass, as what, and when."""

    user: NeededStr = ""
    groups: tuple[str, ...] = ()
    given_at: Time | None = None
    comment: str = ""


class SyncRecordSpec(ApiStruct, frozen=True, kw_only=True):
    """One sync that has ended; never changed afterwards."""

    application: NeededStr = ""
    history_id: int | None = field(default=None, name="historyID")
    repo_url: str = field(default="", name="repoURL")
    path: str = ""
    chart: str = ""
    target_revision: str = ""
    revision: str = ""
    phase: str = ""
    message: str = ""
    initiated_by: OperationInitiator = OperationInitiator()
    started_at: NeededTime = ""
    finished_at: Time | None = None
    resources: int = 0
    approvals: tuple[RecordedApproval, ...] = ()
    notes: tuple[str, ...] = ()
    content: str = ""


class Drift(ApiStruct, frozen=True, kw_only=True):
    """One field of one object that is not as it was synced: `before` is what was synced, `after` what stands there.

    Both are JSON, empty for an absent value. An empty `field` means the object as a whole: it was deleted.
    """

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    manager: str = ""
    first_seen: Time | None = None
    last_seen: Time | None = None
    healed_at: Time | None = None
    times: int = 1


class SyncRecordStatus(ApiStruct, frozen=True, kw_only=True):
    """What was seen since the sync."""

    drift: tuple[Drift, ...] = ()


class SyncRecord(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[SyncRecordSpec, REQUIRED] = SyncRecordSpec()
    status: SyncRecordStatus = SyncRecordStatus()
