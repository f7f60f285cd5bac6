"""The kinds of Flux: all are suspended by one field, and asked to work by one annotation.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#triggering-a-reconcile
"""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.engine.actions.builtin import Builtin, Parameters, is_at, patch, suspending
from holdfast.engine.actions.editing import annotate
from holdfast.model.actions import Impact
from holdfast.model.kube import KubeObject

_SUSPENDED = is_at(True, "spec", "suspend")


def _reconcile(obj: KubeObject, _: Parameters, now: datetime) -> list[Impact]:
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return patch(annotate(obj, "reconcile.fluxcd.io/requestedAt", f"By Argo CD at: {at}"))


_SUSPENDING = suspending(_SUSPENDED, "spec", "suspend")
_ALL = (Builtin("reconcile", _reconcile, disabled=_SUSPENDED), *_SUSPENDING)

ACTIONS: dict[str, dict[str, tuple[Builtin, ...]]] = {
    "helm.toolkit.fluxcd.io": {"HelmRelease": _ALL},
    "image.toolkit.fluxcd.io": {"ImageRepository": _ALL, "ImageUpdateAutomation": _ALL},
    "kustomize.toolkit.fluxcd.io": {"Kustomization": _ALL},
    "notification.toolkit.fluxcd.io": {"Alert": _SUSPENDING, "Provider": _SUSPENDING, "Receiver": _ALL},
    "source.toolkit.fluxcd.io": dict.fromkeys(
        ("Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"), _ALL
    ),
}
