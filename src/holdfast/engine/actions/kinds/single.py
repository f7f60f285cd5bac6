"""Groups of which one or two kinds have an action or two, each of them one field."""

from __future__ import annotations

from holdfast.engine.actions.builtin import (
    PAUSE_CIRCLE,
    PLAY_CIRCLE,
    REDO,
    Builtin,
    annotating,
    is_at,
    is_not,
    setting,
    stamping,
    suspending,
)

_FORCED_SYNC = stamping("metadata", "annotations", "force-sync")
_PAUSED = is_at(True, "spec", "pause")

ACTIONS: dict[str, dict[str, tuple[Builtin, ...]]] = {
    "core.strimzi.io": {
        # https://strimzi.io/docs/operators/latest/deploying#proc-manual-rolling-update-strimzipodset-str
        "StrimziPodSet": (
            Builtin(
                "rolling-update",
                annotating("strimzi.io/manual-rolling-update", "true"),
                icon=REDO,
                title="Rolling Update",
            ),
        ),
    },
    "external-secrets.io": {
        # The operator syncs whenever any annotation changes.
        "ExternalSecret": (Builtin("refresh", _FORCED_SYNC, icon="fa fa-fw fa-sync-alt"),),
        "PushSecret": (Builtin("push", _FORCED_SYNC, icon="fa fa-fw fa-sync-alt"),),
    },
    "k8s.mariadb.com": {
        "MariaDB": suspending(is_at(True, "spec", "suspend"), "spec", "suspend", icons=(PAUSE_CIRCLE, PLAY_CIRCLE)),
    },
    "promoter.argoproj.io": {
        "PullRequest": (
            Builtin(
                "merge",
                setting("merged", "spec", "state"),
                icon="fa fa-fw fa-code-branch",
                disabled=is_not(is_at("open", "status", "state")),
            ),
        ),
    },
    "psmdb.percona.com": {
        "PerconaServerMongoDB": (
            Builtin("unpause", setting(False, "spec", "pause"), icon=PLAY_CIRCLE, disabled=is_not(_PAUSED)),
        ),
    },
}
