"""Which applications a change outside concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from holdfast.engine.lang import globs, semver
from holdfast.engine.webhooks.addresses import same_repository
from holdfast.engine.webhooks.git_payloads import bare_ref
from holdfast.engine.webhooks.registry_payloads import chart_repository, normalized_repository
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.names import Annotation
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.rendering import ChartUse
from holdfast.model.webhook import ArtifactChange, Change, RefChange


class Concern(Struct, frozen=True):
    """`refresh`: the application's desired state may be another; `hydrate`: its dry source is."""

    refresh: bool = False
    hydrate: bool = False


def concern(app: Application, change: Change, charts: Iterable[ChartUse] = ()) -> Concern:
    """`charts` are those that it was rendered with last, beside those that its sources name."""
    match change:
        case RefChange():
            return _of_ref(app, change)
        case ArtifactChange():
            named = any(_is_artifact(source, change) for source in _sources(app))
            return Concern(named or any(_is_chart(use, change) for use in charts))
        case PullRequestChange():
            return Concern()  # nothing is merged yet


def _of_ref(app: Application, change: RefChange) -> Concern:
    paths = app.metadata.annotations.get(Annotation.MANIFEST_GENERATE_PATHS, "")
    hydrator = app.spec.source_hydrator
    if hydrator is None:
        return Concern(any(_follows(source, change) and _reads(source, paths, change) for source in _sources(app)))
    dry = ApplicationSource(
        repo_url=hydrator.dry_source.repo_url,
        path=hydrator.dry_source.path,
        target_revision=hydrator.dry_source.target_revision,
    )
    hydrate = _follows(dry, change) and _reads(dry, paths or ".", change)
    synced = _is_repository(dry.repo_url, change) and names_ref(hydrator.sync_source.target_branch, change)
    return Concern(hydrate or (synced and _is_touched((hydrator.sync_source.path,), change.files)), hydrate)


def _sources(app: Application) -> Iterator[ApplicationSource]:
    if app.spec.sources:
        yield from app.spec.sources
    elif app.spec.source is not None:
        yield app.spec.source


def _follows(source: ApplicationSource, change: RefChange) -> bool:
    return not source.chart and _is_repository(source.repo_url, change) and _names(source, change)


def _names(source: ApplicationSource, change: RefChange) -> bool:
    return names_ref(source.target_revision, change, source.tag_prefix)


def _is_repository(url: str, change: RefChange) -> bool:
    return any(same_repository(url, other) for other in change.urls)


def names_ref(target_revision: str, change: RefChange, tag_prefix: str = "") -> bool:
    """Whether what an application follows may be the ref that has changed."""
    if target_revision in ("", "HEAD"):
        return change.touched_head
    ref = bare_ref(change.ref)
    if bare_ref(target_revision) == ref:
        return True
    return _admits(target_revision, ref, tag_prefix)


def _reads(source: ApplicationSource, annotation: str, change: RefChange) -> bool:
    """Without the annotation a source may read anything of its repository."""
    return not annotation or _is_touched(generate_paths(annotation, source.path), change.files)


def generate_paths(annotation: str, source_path: str) -> tuple[str, ...]:
    """The paths of `manifest-generate-paths` from the root of the repository; a relative one begins at the source.

    Source: Argo CD, docs/operator-manual/high_availability.md, "Manifest Paths Annotation".
    """
    named = (part.strip() for part in annotation.split(";"))
    return tuple(path[1:] if path.startswith("/") else _joined(source_path, path) for path in named if path)


def _joined(base: str, path: str) -> str:
    parts: list[str] = []
    for part in f"{base}/{path}".split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _is_touched(paths: Iterable[str], files: Iterable[str] | None) -> bool:
    """Nobody knows which files changed: any may have."""
    if files is None:
        return True
    known = tuple(files)
    return any(_is_below(file, path) for path in paths for file in known)


def _is_below(file: str, path: str) -> bool:
    path = path.strip("/")
    if not path or file == path or file.startswith(f"{path}/"):
        return True
    try:
        return any(sign in path for sign in "*?[") and globs.matches(path, file, "/")
    except globs.GlobError:
        return True


def _is_artifact(source: ApplicationSource, change: ArtifactChange) -> bool:
    url, chart = source.repo_url, source.chart
    if (chart_repository(url, chart) if chart else normalized_repository(url)) != change.repository:
        return False
    # As a registry's revisions are resolved: without one a chart is the newest, an artifact the tag `latest`.
    return _means(source.target_revision.strip() or ("*" if chart else "latest"), change, source.tag_prefix)


def _is_chart(use: ChartUse, change: ArtifactChange) -> bool:
    """A version that a lock names cannot become another one; it may not have been there."""
    return chart_repository(use.repository, use.name) == change.repository and _means(use.wanted.strip() or "*", change)


def _means(wanted: str, change: ArtifactChange, prefix: str = "") -> bool:
    # A tag cannot hold "+": Helm writes "_" for it.
    if wanted.replace("+", "_") == change.tag:
        return True
    if not semver.names_tags(wanted, prefix):
        return False
    rest = change.tag.removeprefix(prefix).replace("_", "+")
    return change.tag.startswith(prefix) and _admits(wanted, rest)


def _admits(wanted: str, tag: str, prefix: str = "") -> bool:
    return semver.is_range(wanted) and semver.highest_tag((tag,), wanted, prefix) is not None
