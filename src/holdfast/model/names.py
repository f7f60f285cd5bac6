"""The fixed names of the field: annotations, labels, finalizers, and the words of a status."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

GROUP: Final = "argoproj.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = "argoproj.io/v1alpha1"
OWN_GROUP: Final = "holdfast.dev"
OWN_API_VERSION: Final = "holdfast.dev/v1alpha1"
FIELD_MANAGER: Final = "argocd-controller"
IN_CLUSTER_SERVER: Final = "https://kubernetes.default.svc"
IN_CLUSTER_NAME: Final = "in-cluster"
DEFAULT_PROJECT: Final = "default"
HASH_LABEL: Final = "rollouts-pod-template-hash"
"""Of pods and ReplicaSets of a Rollout: which version they are."""
INSTANCE_LABEL: Final = "argo-rollouts.argoproj.io/controller-instance-id"
"""Of a Rollout and what is made for it: only the controller of this name carries it out."""


class Annotation(StrEnum):
    """Source: Argo CD, docs/user-guide/annotations-and-labels.md"""

    TRACKING_ID = "argocd.argoproj.io/tracking-id"
    INSTALLATION_ID = "argocd.argoproj.io/installation-id"
    REFRESH = "argocd.argoproj.io/refresh"
    HYDRATE = "argocd.argoproj.io/hydrate"
    SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
    COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
    HOOK = "argocd.argoproj.io/hook"
    HOOK_DELETE_POLICY = "argocd.argoproj.io/hook-delete-policy"
    SYNC_WAVE = "argocd.argoproj.io/sync-wave"
    SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
    IGNORE_HEALTHCHECK = "argocd.argoproj.io/ignore-healthcheck"
    IGNORE_RESOURCE_UPDATES = "argocd.argoproj.io/ignore-resource-updates"
    IGNORE_RESTART_POLICY = "argocd.argoproj.io/ignore-restart-policy"
    DELETION_APPROVED = "argocd.argoproj.io/deletion-approved"
    MANIFEST_GENERATE_PATHS = "argocd.argoproj.io/manifest-generate-paths"
    MANAGED_BY_URL = "argocd.argoproj.io/managed-by-url"
    CLIENT_SIDE_APPLY_MIGRATION_MANAGER = "argocd.argoproj.io/client-side-apply-migration-manager"
    APPLICATION_SET_REFRESH = "argocd.argoproj.io/application-set-refresh"
    HELM_HOOK = "helm.sh/hook"
    HELM_RESOURCE_POLICY = "helm.sh/resource-policy"
    HELM_HOOK_WEIGHT = "helm.sh/hook-weight"
    HELM_HOOK_DELETE_POLICY = "helm.sh/hook-delete-policy"
    LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
    HOLD = "holdfast.dev/hold"
    DEPENDS_ON = "holdfast.dev/depends-on"
    OPEN_DRIFT = "holdfast.dev/open-drift"
    APPROVALS = "holdfast.dev/approvals"
    APPROVERS = "holdfast.dev/approvers"
    SELF_APPROVAL = "holdfast.dev/self-approval"


class OperationInfo(StrEnum):
    """Names of entries in the `info` of an operation."""

    BREAK_FREEZE = "holdfast.dev/break-freeze"
    USER = "holdfast.dev/user"
    WAITING_SINCE = "holdfast.dev/waiting-since"
    WAITED = "holdfast.dev/waited"


class Label(StrEnum):
    INSTANCE = "app.kubernetes.io/instance"
    ARGOCD_INSTANCE = "argocd.argoproj.io/instance"
    APPLICATION = "holdfast.dev/application"
    SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - a label's name


class SecretType(StrEnum):
    """Values of the label `secret-type`."""

    CLUSTER = "cluster"
    REPOSITORY = "repository"
    REPOSITORY_CREDENTIALS = "repo-creds"
    REPOSITORY_WRITE = "repository-write"
    REPOSITORY_WRITE_CREDENTIALS = "repo-write-creds"


class Finalizer(StrEnum):
    RESOURCES = "resources-finalizer.argocd.argoproj.io"
    RESOURCES_FOREGROUND = "resources-finalizer.argocd.argoproj.io/foreground"
    RESOURCES_BACKGROUND = "resources-finalizer.argocd.argoproj.io/background"
    PRE_DELETE = "pre-delete-finalizer.argocd.argoproj.io"
    PRE_DELETE_CLEANUP = "pre-delete-finalizer.argocd.argoproj.io/cleanup"
    POST_DELETE = "post-delete-finalizer.argocd.argoproj.io"
    POST_DELETE_CLEANUP = "post-delete-finalizer.argocd.argoproj.io/cleanup"
    HOOK = "argocd.argoproj.io/hook-finalizer"


class ConditionType(StrEnum):
    """Conditions of an Application."""

    DELETION_ERROR = "DeletionError"
    INVALID_SPEC_ERROR = "InvalidSpecError"
    COMPARISON_ERROR = "ComparisonError"
    SYNC_ERROR = "SyncError"
    UNKNOWN_ERROR = "UnknownError"
    SHARED_RESOURCE_WARNING = "SharedResourceWarning"
    REPEATED_RESOURCE_WARNING = "RepeatedResourceWarning"
    EXCLUDED_RESOURCE_WARNING = "ExcludedResourceWarning"
    ORPHANED_RESOURCE_WARNING = "OrphanedResourceWarning"
    RENDER_WARNING = "RenderWarning"
    REVISION_HELD = "RevisionHeld"
    SYNC_WINDOW_WARNING = "SyncWindowWarning"
    SYNC_FROZEN = "SyncFrozen"
    APPROVAL_REQUIRED = "ApprovalRequired"
    DEPENDENCY_WAITING = "DependencyWaiting"


class SyncCode(StrEnum):
    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


class OperationPhase(StrEnum):
    RUNNING = "Running"
    TERMINATING = "Terminating"
    FAILED = "Failed"
    ERROR = "Error"
    SUCCEEDED = "Succeeded"


class ResultCode(StrEnum):
    """What became of one object in a sync."""

    SYNCED = "Synced"
    SYNC_FAILED = "SyncFailed"
    PRUNED = "Pruned"
    PRUNE_SKIPPED = "PruneSkipped"


class HookPhase(StrEnum):
    """Where in a sync a hook runs. Sync is also the phase of ordinary objects."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"
    PRE_DELETE = "PreDelete"
    POST_DELETE = "PostDelete"
    SKIP = "Skip"


class RefreshKind(StrEnum):
    """Values of the annotation `refresh`."""

    NORMAL = "normal"
    HARD = "hard"


class SourceType(StrEnum):
    HELM = "Helm"
    KUSTOMIZE = "Kustomize"
    DIRECTORY = "Directory"
    PLUGIN = "Plugin"
