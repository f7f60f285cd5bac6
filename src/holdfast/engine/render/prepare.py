"""From a request to one fully decided job, and the identity of what the job gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.render import build_environment, directory, jsonnet, kustomize, overrides, paths, tool_settings
from holdfast.engine.render.detect import SourceType, source_type
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm import job as helm
from holdfast.engine.render.helm import remote
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.helm.values import NO_REFS, RefFile, ValuesFile, shown
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.kustomize_charts import Capabilities
from holdfast.engine.render.plugins import job as plugins
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.tool_settings import KustomizeBuild
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RemoteFile, RenderRequest

Refs: TypeAlias = Mapping[str, FileTree]
Job: TypeAlias = HelmJob | KustomizeJob | DirectoryJob | PluginJob


class _Identity(Struct, frozen=True):
    job: Job
    limits: tuple[int, int]
    files: tuple[tuple[str, str], ...]


def prepare(tree: FileTree, request: RenderRequest, refs: Refs = NO_REFS) -> Job:
    """Which tool, which files, which values: variables put in, paths resolved. `refs` are the trees of the request's
    refs by their names. Raises Blocked."""
    folder = _folder(tree, request)
    source = overrides.effective_source(tree, folder, request.source, request.app_name)
    variables = build_environment.variables(request, source)
    if plugins.is_automatic(source):
        if request.plugin:
            return plugins.prepare(folder, source, request)
        if request.was_plugin:
            raise plugins.not_as_before()
    match source_type(tree, folder, source, tool_settings.disabled(request.settings)):
        case SourceType.HELM:
            return helm.prepare(tree, folder, source.helm, request, variables, refs)
        case SourceType.KUSTOMIZE:
            build = _kustomize_build(request, source)
            told = Capabilities(request.kube_version, request.api_versions)
            return kustomize.prepare(tree, folder, source.kustomize, variables, build, told, request.charts)
        case SourceType.DIRECTORY:
            evaluates = tool_settings.evaluates_jsonnet(request.settings)
            return DirectoryJob.of(folder, source.directory, variables, evaluates=evaluates)
        case SourceType.PLUGIN:
            return plugins.prepare(folder, source, request)


def question(tree: FileTree, request: RenderRequest) -> PluginJob | None:
    """What plugins are to be asked about a source that names none: whether they take it. None when it is not their
    matter. Raises Blocked."""
    folder = _folder(tree, request)
    source = overrides.effective_source(tree, folder, request.source, request.app_name)
    return plugins.prepare(folder, source, request) if plugins.is_automatic(source) else None


def remote_files(tree: FileTree, request: RenderRequest) -> tuple[str, ...]:
    """The addresses of values files that must be read before the render."""
    folder = _folder(tree, request)
    source = overrides.effective_source(tree, folder, request.source, request.app_name)
    return remote.wanted(source.helm, build_environment.variables(request, source))


def inflated_charts(tree: FileTree, request: RenderRequest) -> tuple[Dependency, ...]:
    """The charts that a kustomization inflates and that its repository does not hold. Raises Blocked."""
    folder = _folder(tree, request)
    source = overrides.effective_source(tree, folder, request.source, request.app_name)
    if source_type(tree, folder, source, tool_settings.disabled(request.settings)) is not SourceType.KUSTOMIZE:
        return ()
    variables, build = build_environment.variables(request, source), _kustomize_build(request, source)
    return kustomize.elsewhere(tree, folder, source.kustomize, variables, build)


def _kustomize_build(request: RenderRequest, source: ApplicationSource) -> KustomizeBuild:
    return tool_settings.kustomize_build(request.settings, source.kustomize.version if source.kustomize else "")


def identity(tree: FileTree, job: Job, request: RenderRequest, refs: Refs = NO_REFS) -> str:
    """Equal for two renders exactly when everything that they read is equal, but for what programs import. The tools'
    versions are not in it."""
    limits = (request.limits.output_bytes, request.limits.documents)
    said = _Identity(job, limits, tuple(sorted(_contents(tree, job, refs))))
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def may_import(tree: FileTree, job: Job) -> bool:
    """Programs of Jsonnet are in it: only running them tells which files they read."""
    return isinstance(job, DirectoryJob) and job.evaluates_jsonnet and any(map(_is_program, directory.files(tree, job)))


def with_imports(tree: FileTree, said: str, looked_at: Iterable[str]) -> str:
    """The identity `said` together with what is found at these paths. Equal for two renders exactly when everything that
    they read is equal, if these are the paths at which one of them looked."""
    found = [(path, jsonnet.found_at(tree, path)) for path in sorted(looked_at)]
    return hashlib.sha256(msgspec.json.encode((said, found))).hexdigest()


def is_reproducible(job: Job) -> bool:
    """False when something that the job needs is not here."""
    return not isinstance(job, HelmJob) or len(job.fetched) == len(job.remote_dependencies)


def _folder(tree: FileTree, request: RenderRequest) -> str:
    source = request.source
    if source.chart and not source.path:
        return ""  # the tree is the chart
    if source.path.startswith("/"):
        raise Blocked("PathEscapes", f"path {source.path!r} must be relative to the root of the repository")
    path = paths.join("", source.path)
    folder = paths.resolve(tree, path)
    if folder is None:
        raise Blocked(
            "PathNotFound",
            f"path {source.path!r} does not exist in {source.repo_url} at revision {tree.revision[:7]}: "
            "correct spec.source.path or targetRevision",
        )
    if not paths.is_directory(tree, folder):
        raise Blocked("PathNotFound", f"path {source.path!r} is a file: spec.source.path must name a folder")
    return folder


def _contents(tree: FileTree, job: Job, refs: Refs) -> Iterable[tuple[str, str]]:
    """Every file that the job reads, by the name under which it matters, with the hash of its content."""
    match job:
        case PluginJob():
            return plugins.contents(tree, job)
        case DirectoryJob():
            return [(_place(file), file.entry.hash) for file in directory.files(tree, job)]
        case KustomizeJob():
            reached = kustomize.closure(tree, job)
            if reached.whole:
                return [("", hash_of(tree, ""))]
            carried = dict.fromkeys(one.path for one in job.inflations if one.location is None)
            inflated = [(folder, file) for folder in carried for file in paths.files_below(tree, folder)]
            found = [(path, hash_of(tree, target)) for path, target in reached.files.items()]
            return found + [(f"\n{folder}/{file.relative}", file.entry.hash) for folder, file in inflated]
        case HelmJob():
            folders = (job.chart.path, *(other.path for other in job.local_dependencies))
            found = [
                (f"{number}/{file.relative}", file.entry.hash)
                for number, folder in enumerate(folders)
                for file in paths.files_below(tree, folder)
            ]
            extra = (*job.values.files, *(given.path for given in job.values.file_parameters))
            return found + [(shown(file), _hash(tree, refs, file)) for file in extra]


def _is_program(file: paths.FoundFile) -> bool:
    return jsonnet.is_program(file.relative)


def _place(file: paths.FoundFile) -> str:
    """A program behind a symlink imports from where it stands."""
    return f"{file.relative}\n{file.path}" if _is_program(file) else file.relative


def _hash(tree: FileTree, refs: Refs, file: ValuesFile) -> str:
    if isinstance(file, RemoteFile):
        return hashlib.sha256(file.content).hexdigest()
    return hash_of(refs[file.ref], file.path) if isinstance(file, RefFile) else hash_of(tree, file)


def hash_of(tree: FileTree, path: str) -> str:
    entry = tree.entry(path)
    return entry.hash if entry else tree.revision
