"""AppProject: what the Applications of a project may read, where they may deploy, and what."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from holdfast.model.fields import REQUIRED, ApiStruct, NeededInt, NeededStr
from holdfast.model.metadata import ObjectMeta


class ProjectDestination(ApiStruct, frozen=True, kw_only=True):
    """All parts are globs; one with a leading "!" denies."""

    server: str = ""
    namespace: str = ""
    name: str = ""


class ClusterResourceRestriction(ApiStruct, frozen=True, kw_only=True):
    """A cluster-scoped kind, optionally only objects of a name; all parts are globs."""

    group: NeededStr = ""
    kind: NeededStr = ""
    name: str = ""


class NamespaceResourceRestriction(ApiStruct, frozen=True, kw_only=True):
    """A namespaced kind; both parts are globs."""

    group: NeededStr = ""
    kind: NeededStr = ""


class JWTToken(ApiStruct, frozen=True, kw_only=True):
    """`iat` and `exp` are seconds since 1970."""

    iat: NeededInt = 0
    exp: int = 0
    id: str = ""


class ProjectRole(ApiStruct, frozen=True, kw_only=True):
    name: NeededStr = ""
    description: str = ""
    policies: tuple[str, ...] = ()
    jwt_tokens: tuple[JWTToken, ...] = ()
    groups: tuple[str, ...] = ()


class OrphanedResourceKey(ApiStruct, frozen=True, kw_only=True):
    group: str = ""
    kind: str = ""
    name: str = ""


class OrphanedResourcesMonitorSettings(ApiStruct, frozen=True, kw_only=True):
    warn: bool | None = None
    ignore: tuple[OrphanedResourceKey, ...] = ()


class SyncWindow(ApiStruct, frozen=True, kw_only=True):
    """`kind` is allow or deny, `schedule` a cron expression, `duration` as Go writes it."""

    kind: str = ""
    schedule: str = ""
    duration: str = ""
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    manual_sync: bool = False
    time_zone: str = ""
    and_operator: bool = False
    description: str = ""
    sync_overrun: bool = False


class SignatureKey(ApiStruct, frozen=True, kw_only=True):
    key_id: NeededStr = field(default="", name="keyID")


class ApplicationDestinationServiceAccount(ApiStruct, frozen=True, kw_only=True):
    server: NeededStr = ""
    namespace: str = ""
    default_service_account: NeededStr = ""


class SourceIntegrityRepository(ApiStruct, frozen=True, kw_only=True):
    url: str = ""


class SourceIntegrityGpg(ApiStruct, frozen=True, kw_only=True):
    mode: str = ""
    keys: tuple[str, ...] = ()


class SourceIntegrityPolicy(ApiStruct, frozen=True, kw_only=True):
    repos: tuple[SourceIntegrityRepository, ...] = ()
    gpg: SourceIntegrityGpg | None = None


class SourceIntegrityGit(ApiStruct, frozen=True, kw_only=True):
    policies: tuple[SourceIntegrityPolicy, ...] = ()


class SourceIntegrity(ApiStruct, frozen=True, kw_only=True):
    git: SourceIntegrityGit | None = None


class AppProjectSpec(ApiStruct, frozen=True, kw_only=True):
    source_repos: tuple[str, ...] = ()
    destinations: tuple[ProjectDestination, ...] = ()
    description: str = ""
    roles: tuple[ProjectRole, ...] = ()
    cluster_resource_whitelist: tuple[ClusterResourceRestriction, ...] = ()
    namespace_resource_blacklist: tuple[NamespaceResourceRestriction, ...] | None = None
    orphaned_resources: OrphanedResourcesMonitorSettings | None = None
    sync_windows: tuple[SyncWindow, ...] = ()
    namespace_resource_whitelist: tuple[NamespaceResourceRestriction, ...] | None = None
    signature_keys: tuple[SignatureKey, ...] = ()
    cluster_resource_blacklist: tuple[ClusterResourceRestriction, ...] = ()
    source_namespaces: tuple[str, ...] = ()
    permit_only_project_scoped_clusters: bool = False
    destination_service_accounts: tuple[ApplicationDestinationServiceAccount, ...] = ()
    source_integrity: SourceIntegrity | None = None


class TokenList(ApiStruct, frozen=True, kw_only=True):
    items: tuple[JWTToken, ...] = ()


class AppProjectStatus(ApiStruct, frozen=True, kw_only=True):
    jwt_tokens_by_role: dict[str, TokenList] = field(default_factory=dict)


class AppProject(ApiStruct, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    metadata: Annotated[ObjectMeta, REQUIRED] = ObjectMeta()
    spec: Annotated[AppProjectSpec, REQUIRED] = AppProjectSpec()
    status: AppProjectStatus = AppProjectStatus()
