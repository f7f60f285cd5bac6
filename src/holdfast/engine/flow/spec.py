"""What makes an Application impossible to work on, told before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from holdfast.engine.access import project as rules
from holdfast.engine.access import project_rules
from holdfast.engine.access.repository_urls import is_artifact
from holdfast.model.application import Application, ApplicationDestination, ApplicationSource, SyncOperation
from holdfast.model.appproject import AppProject
from holdfast.model.errors import Blocked
from holdfast.model.names import DEFAULT_PROJECT, IN_CLUSTER_NAME, IN_CLUSTER_SERVER
from holdfast.model.pinned import Pinned

_REF: Final = re.compile(r"[A-Za-z0-9_-]+")


def project_of(app: Application) -> str:
    return app.spec.project or DEFAULT_PROJECT


def sources_of(app: Application) -> tuple[ApplicationSource, ...]:
    """`spec.sources` goes before `spec.source`."""
    return app.spec.sources or ((app.spec.source,) if app.spec.source is not None else ())


def is_packed(source: ApplicationSource) -> bool:
    """The source is a chart or an OCI artifact, not a Git repository."""
    return bool(source.chart) or is_artifact(source.repo_url)


def problems(app: Application, project: AppProject | None) -> tuple[str, ...]:
    """Each is one sentence for the condition InvalidSpecError; none means that the work can begin."""
    if project is None:
        return (f"Application referencing project {project_of(app)} which does not exist",)
    bad = project_rules.problems(project)
    if bad:
        return tuple(f"project {project_of(app)} is invalid: {problem}" for problem in bad)
    found = tuple(_source_problems(app)) or tuple(_destination_problems(app.spec.destination))
    return found or tuple(_forbidden(app, project))


def check(app: Application, project: AppProject | None) -> None:
    """Raises Blocked with all its problems."""
    found = problems(app, project)
    if found:
        raise Blocked("InvalidSpecError", "\n".join(found))


def _source_problems(app: Application) -> Iterator[str]:
    spec = app.spec
    if spec.source_hydrator is not None:
        yield "spec.sourceHydrator is not supported yet; name the rendered source in spec.source"
    elif spec.sources:
        for position, source in enumerate(spec.sources):
            yield from _problems_of(source, f"spec.sources[{position}]", several=True)
        yield from _ref_problems(spec.sources)
    elif spec.source is None:
        yield "spec.source is missing"
    else:
        yield from _problems_of(spec.source, "spec.source", several=False)


def _problems_of(source: ApplicationSource, place: str, *, several: bool) -> Iterator[str]:
    if not source.repo_url:
        yield f"{place}.repoURL is missing"
    elif source.chart and not source.target_revision:
        yield f"{place}.targetRevision is missing: name the version of the chart, or a range"
    elif source.chart and source.ref:
        yield f"{place}: a chart cannot have a ref; its files are its own"
    elif not (source.chart or source.path or (several and source.ref)):
        yield f"{place}.path is missing (write . for the root of the repository)"


def _ref_problems(sources: Sequence[ApplicationSource]) -> Iterator[str]:
    """Source: https://argo-cd.readthedocs.io/en/stable/user-guide/multiple_sources/"""
    names = [source.ref for source in sources if source.ref]
    for name in dict.fromkeys(names):
        if not _REF.fullmatch(name):
            yield f"spec.sources: ref {name!r} may hold letters, digits, _ and - only"
        elif names.count(name) > 1:
            yield f"spec.sources: ref {name!r} is given to more than one source"


def _destination_problems(destination: ApplicationDestination) -> Iterator[str]:
    if destination.server and destination.name:
        yield (
            f"spec.destination can't have both name and server defined: {destination.name} {destination.server}; "
            "remove one of them"
        )
    elif not destination.server and not destination.name:
        yield "spec.destination.server is missing"
    elif not is_in_cluster(destination):
        place = destination.server or destination.name
        yield f"spec.destination: cluster {place} is not supported yet; only {IN_CLUSTER_SERVER} (in-cluster) is"


def is_in_cluster(destination: ApplicationDestination) -> bool:
    return destination.server.rstrip("/") == IN_CLUSTER_SERVER or (
        not destination.server and destination.name == IN_CLUSTER_NAME
    )


def _forbidden(app: Application, project: AppProject) -> Iterator[str]:
    for url in dict.fromkeys(source.repo_url for source in sources_of(app)):
        source = rules.permits_source(project, url)
        if not source.allowed:
            yield source.because
    destination = rules.permits_destination(
        project, server=IN_CLUSTER_SERVER, name=IN_CLUSTER_NAME, namespace=app.spec.destination.namespace
    )
    if not destination.allowed:
        yield destination.because


def asked_for(app: Application, sync: SyncOperation) -> Pinned:
    """The sources and revisions that a request names; those of the application where it names none, "" where nothing
    is said of a revision."""
    several = bool(sync.sources or (app.spec.sources and sync.source is None))
    if not several:
        source = sync.source or app.spec.source
        return Pinned((source,) if source is not None else (), (sync.revision,) if source is not None else ())
    wanted = sync.sources or app.spec.sources
    return Pinned(wanted, sync.revisions or ("",) * len(wanted), several=True)


def is_about(found: Pinned, wanted: Pinned) -> bool:
    return (found.sources, found.several) == (wanted.sources, wanted.several) and all(
        revision in ("", known) for revision, known in zip(wanted.revisions, found.revisions, strict=True)
    )


def problems_of_request(app: Application, wanted: Pinned, project: AppProject | None) -> tuple[str, ...]:
    """A request may name other sources than the application: what its project allows holds for them too."""
    several = wanted.sources if wanted.several else ()
    single = None if wanted.several else wanted.sources[0]
    asked = msgspec.structs.replace(app.spec, source=single, sources=several)
    return tuple(problems(msgspec.structs.replace(app, spec=asked), project))
