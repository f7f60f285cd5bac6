"""What makes an Application impossible to work on, told before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.engine.access import project as rules
from holdfast.engine.access import project_rules
from holdfast.model.application import Application, ApplicationDestination
from holdfast.model.appproject import AppProject
from holdfast.model.names import DEFAULT_PROJECT, IN_CLUSTER_NAME, IN_CLUSTER_SERVER


def project_of(app: Application) -> str:
    return app.spec.project or DEFAULT_PROJECT


def problems(app: Application, project: AppProject | None) -> tuple[str, ...]:
    """Each is one sentence for the condition InvalidSpecError; none means that the work can begin."""
    if project is None:
        return (f"Application referencing project {project_of(app)} which does not exist",)
    bad = project_rules.problems(project)
    if bad:
        return tuple(f"project {project_of(app)} is invalid: {problem}" for problem in bad)
    found = tuple(_source_problems(app)) or tuple(_destination_problems(app.spec.destination))
    return found or tuple(_forbidden(app, project))


def _source_problems(app: Application) -> Iterator[str]:
    spec = app.spec
    if spec.source_hydrator is not None:
        yield "spec.sourceHydrator is not supported yet; name the rendered source in spec.source"
    elif spec.sources:
        yield "spec.sources: several sources are not supported yet; name one in spec.source"
    elif spec.source is None:
        yield "spec.source is missing"
    elif not spec.source.repo_url:
        yield "spec.source.repoURL is missing"
    elif spec.source.chart:
        yield "spec.source.chart: charts from Helm repositories are not supported yet; name a path of a Git repository"
    elif not spec.source.path:
        yield "spec.source.path is missing (write . for the root of the repository)"


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
    if app.spec.source is not None:
        source = rules.permits_source(project, app.spec.source.repo_url)
        if not source.allowed:
            yield source.because
    destination = rules.permits_destination(
        project, server=IN_CLUSTER_SERVER, name=IN_CLUSTER_NAME, namespace=app.spec.destination.namespace
    )
    if not destination.allowed:
        yield destination.because
