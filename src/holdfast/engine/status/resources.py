"""The status of each object, and what follows from all of them for the application."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.model.application import ApplicationSummary, HealthStatus, ResourceStatus
from holdfast.model.desired import ObjectState
from holdfast.model.images import images_of
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of
from holdfast.model.names import SyncCode

LINK = "link.argocd.argoproj.io/"


def status_of(state: ObjectState) -> ResourceStatus:
    health = state.health
    return ResourceStatus(
        group=state.key.group,
        version=state.version,
        kind=state.key.kind,
        namespace=state.key.namespace,
        name=state.key.name,
        status=state.comparison.status if state.comparison else ("" if state.hook else SyncCode.UNKNOWN),
        health=HealthStatus(status=health.status, message=health.message) if health is not None else None,
        hook=state.hook,
        requires_pruning=state.requires_pruning,
        sync_wave=state.wave,
        requires_deletion_confirmation=state.requires_confirmation,
    )


def sync_code(states: Iterable[ObjectState]) -> SyncCode:
    """OutOfSync as soon as one object that counts is; Unknown when something could not be compared."""
    code = SyncCode.SYNCED
    for state in states:
        if state.hook or not state.counts:
            continue
        if state.comparison is None:
            return SyncCode.UNKNOWN
        if state.comparison.status is not SyncCode.SYNCED:
            code = SyncCode.OUT_OF_SYNC
    return code


def summary_of(states: Iterable[ObjectState]) -> ApplicationSummary:
    images: set[str] = set()
    urls: set[str] = set()
    nested = False
    for state in states:
        if state.live is None or state.hook:
            continue
        images.update(images_of(state.live))
        urls.update(external_urls_of(state.live))
        nested = nested or (state.key.group, state.key.kind) == ("argoproj.io", "Application")
    return ApplicationSummary(external_urls=tuple(sorted(urls)), images=tuple(sorted(images)), is_app_of_apps=nested)


def external_urls_of(obj: KubeObject) -> set[str]:
    """Links given by annotation, and the hosts of an Ingress."""
    urls = {value for name, value in annotations_of(obj).items() if name.startswith(LINK) and "://" in value}
    urls = {url.rpartition("|")[2] for url in urls}
    spec = obj.get("spec")
    if group_kind_of(obj).kind != "Ingress" or not isinstance(spec, dict):
        return urls
    secure = {host for tls in spec.get("tls") or () for host in tls.get("hosts") or ()}
    for rule in spec.get("rules") or ():
        host = rule.get("host")
        for path in (rule.get("http") or {}).get("paths") or ():
            if host:
                scheme = "https" if host in secure else "http"
                urls.add(f"{scheme}://{host}{path.get('path') or ''}")
    return urls
