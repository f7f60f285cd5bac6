"""The payloads of registries, as far as they are read.

Sources: the notification formats of the Distribution registry (v2), GitHub Packages and Harbor.
"""

from __future__ import annotations

from msgspec import Struct, field

from holdfast.model.webhook import ArtifactChange


class DistributionTarget(Struct):
    repository: str = ""
    tag: str = ""
    url: str = ""


class DistributionRequest(Struct):
    host: str = ""


class DistributionEvent(Struct):
    action: str = ""
    target: DistributionTarget | None = None
    request: DistributionRequest | None = None


class DistributionEvents(Struct):
    """Of a Distribution registry: several events in one envelope."""

    events: list[DistributionEvent]

    def changes(self) -> list[ArtifactChange]:
        found = []
        for event in self.events:
            target = event.target
            if event.action == "push" and target is not None and target.tag and target.repository:
                host = (event.request.host if event.request else "") or _host(target.url)
                found.append(ArtifactChange(normalized_repository(f"{host}/{target.repository}"), target.tag))
        return found


class GitHubTag(Struct):
    name: str = ""


class GitHubContainer(Struct):
    tag: GitHubTag | None = None


class GitHubVersion(Struct):
    container_metadata: GitHubContainer | None = None


class GitHubPackage(Struct):
    name: str = ""
    namespace: str = ""
    ecosystem: str = ""
    package_version: GitHubVersion | None = None


class GitHubPackageEvent(Struct):
    action: str = ""
    package: GitHubPackage | None = None

    def changes(self) -> list[ArtifactChange]:
        package = self.package
        if package is None or package.ecosystem.lower() != "container" or self.action not in ("published", "updated"):
            return []
        metadata = package.package_version.container_metadata if package.package_version else None
        tag = metadata.tag.name if metadata and metadata.tag else ""
        name = normalized_repository(f"ghcr.io/{package.namespace}/{package.name}")
        return [ArtifactChange(name, tag)] if tag else []


class HarborResource(Struct):
    tag: str = ""
    url: str = field(default="", name="resource_url")


class HarborData(Struct):
    resources: list[HarborResource] | None = None


class HarborEvent(Struct):
    type: str = ""
    event_data: HarborData | None = None

    def changes(self) -> list[ArtifactChange]:
        if self.type not in ("PUSH_ARTIFACT", "pushImage", "UPLOAD_CHART"):
            return []
        resources = (self.event_data.resources if self.event_data else None) or []
        found = [(_without_tag(resource.url), resource.tag) for resource in resources if resource.tag]
        return [ArtifactChange(normalized_repository(name), tag) for name, tag in found if name]


def normalized_repository(url: str) -> str:
    """One spelling: no scheme, no case."""
    return url.strip().removeprefix("oci://").lower().rstrip("/")


def chart_repository(url: str, chart: str) -> str:
    """Where a registry keeps a chart of this address, in that spelling: a Secret may say that an address of https is a
    registry's."""
    place = url.strip().removeprefix("https://").removeprefix("http://")
    return normalized_repository(f"{place.rstrip('/')}/{chart}")


def _without_tag(url: str) -> str:
    name, at, _ = url.partition("@")
    if at:
        return name
    head, _, last = url.rpartition("/")
    return f"{head}/{last.partition(':')[0]}" if head else ""


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]
