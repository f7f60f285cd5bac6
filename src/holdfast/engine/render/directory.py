"""A folder of plain YAML and JSON manifests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from holdfast.engine.lang import globs, yaml_documents
from holdfast.engine.render import jsonnet, objects, paths
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.filetree import EntryKind, FileTree
from holdfast.model.rendering import RenderLimits, RenderResult
from holdfast.model.source_options import DirectoryOptions, JsonnetOptions

_MANIFEST: Final = re.compile(r".*\.(yaml|yml|json|jsonnet)", re.DOTALL)
_SKIP_MARK: Final = b"+argocd:skip-file-rendering"
_LOOKS_LIKE_OBJECT: Final = (b"apiVersion:", b"kind:", b"metadata:")


class DirectoryJob(Struct, frozen=True, tag="directory"):
    """`include` and `exclude` are globs on the path below the folder; "" is no condition. Where Jsonnet is off its programs are
    left out, as Argo CD leaves them out."""

    path: str
    recurse: bool = False
    include: str = ""
    exclude: str = ""
    disable_extension_filter: bool = False
    jsonnet: JsonnetOptions = JsonnetOptions()
    evaluates_jsonnet: bool = True

    @classmethod
    def of(
        cls,
        path: str,
        options: DirectoryOptions | None,
        variables: Mapping[str, str] | None = None,
        *,
        evaluates: bool = True,
    ) -> DirectoryJob:
        given = options or DirectoryOptions()
        said = jsonnet.substituted(given.jsonnet, variables or {})
        return cls(path, given.recurse, given.include, given.exclude, given.disable_extension_filter, said, evaluates)


def files(tree: FileTree, job: DirectoryJob) -> list[paths.FoundFile]:
    """The manifests of the folder, by path. Symlinks to files are followed, symlinks to folders are not."""
    try:
        include = globs.compile_glob(job.include) if job.include else None
        exclude = globs.compile_glob(job.exclude) if job.exclude else None
    except globs.GlobError as error:
        raise Blocked("SourceUnsupported", f"directory.include or directory.exclude: {error}") from error
    found = []
    for file in _walk(tree, job):
        if include is not None and not include.matches(file.relative):
            continue
        if exclude is not None and exclude.matches(file.relative):
            continue
        found.append(file)
    if len(found) > paths.MAX_FILES or sum(file.entry.size for file in found) > paths.MAX_BYTES:
        raise Blocked("ManifestTooLarge", f"{job.path or 'the repository'} holds too many or too large manifests")
    return found


def render(
    tree: FileTree, job: DirectoryJob, limits: RenderLimits, evaluate: jsonnet.Evaluate | None = None
) -> RenderResult:
    """`evaluate` runs a Jsonnet program; without it there must be none. Raises Blocked."""
    documents: list[Document] = []
    notes: list[str] = []
    if job.disable_extension_filter and not job.include and not job.exclude:
        notes.append("directory.disableExtensionFilter without include or exclude reads every file as a manifest")
    imports: jsonnet.Imports | None = None
    left_out: list[str] = []
    for file in files(tree, job):
        name = f"{job.path}/{file.relative}" if job.path else file.relative
        if jsonnet.is_program(name):
            if not job.evaluates_jsonnet:
                left_out.append(name)
                continue
            imports = imports or jsonnet.Imports(tree, job.path, job.jsonnet.libs)
            documents.extend(jsonnet.documents(imports, file.path, job.jsonnet, limits, evaluate))
            continue
        content = tree.read(file.path)
        if _SKIP_MARK in content:
            continue
        found = _documents(name, content, limits)
        if found is None:
            notes.append(f"{name} holds no Kubernetes object and is left out")
        else:
            documents.extend(found)
    if left_out:
        notes.append(_without_programs(left_out, is_wanted=not documents or job.jsonnet != JsonnetOptions()))
    collected = objects.collect(documents, limits.documents)
    looked_at = tuple(sorted(imports.looked_at)) if imports else ()
    return RenderResult(collected.objects, "Directory", tuple(notes), looked_at=looked_at, doubled=collected.doubled)


def _without_programs(left_out: list[str], *, is_wanted: bool) -> str:
    """Raises Blocked where the programs are what the source is about: what they made before would be pruned."""
    others = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    off = 'jsonnet.enable: "false" in argocd-cm turns Jsonnet off'
    if is_wanted:
        raise Blocked(
            "SourceUnsupported",
            f"{left_out[0]}{others}: {off}: an administrator takes the setting away, or write the manifests out",
        )
    return f"{left_out[0]}{others} left out: {off}"


def _walk(tree: FileTree, job: DirectoryJob) -> list[paths.FoundFile]:
    found: list[paths.FoundFile] = []
    pending = [""]
    folders = 0
    while pending:
        prefix = pending.pop()
        folders += 1
        # A tree that holds one and the same subtree many times over has more paths than can be walked.
        if folders + len(found) > paths.MAX_FILES:
            raise Blocked("ManifestTooLarge", f"{job.path or 'the repository'} holds too many folders and files")
        folder = "/".join(part for part in (job.path, prefix.rstrip("/")) if part)
        for entry in tree.children(folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.kind is EntryKind.DIRECTORY:
                if job.recurse:
                    pending.append(f"{prefix}{entry.name}/")
                continue
            if not job.disable_extension_filter and not _MANIFEST.fullmatch(entry.name):
                continue
            target = paths.resolve(tree, path)
            reached = tree.entry(target) if target else None
            if target and reached and reached.kind is EntryKind.FILE:
                found.append(paths.FoundFile(prefix + entry.name, target, reached))
    return sorted(found, key=lambda file: file.relative)


def _documents(name: str, content: bytes, limits: RenderLimits) -> list[Document] | None:
    """None when the file is not about Kubernetes: folders hold values files and the like, and Argo CD leaves them."""
    looks_like_object = all(mark in content for mark in _LOOKS_LIKE_OBJECT)
    bounds = yaml_documents.YamlLimits(bytes=limits.output_bytes, documents=limits.documents)
    try:
        found = yaml_documents.load_all(content, bounds)
    except yaml_documents.YamlTooLarge as error:
        raise Blocked("ManifestTooLarge", f"{name}: {error}") from error
    except yaml_documents.YamlInvalid as error:
        if not looks_like_object and not name.endswith(".json"):
            return None
        place = f"{name}:{error.line}" if error.line else name
        raise Blocked("ManifestInvalid", f"{place}: {error.problem}") from error
    filled = [document for document in found if document is not None]
    if filled and not looks_like_object and not any(objects.is_object(document) for document in filled):
        return None
    single = len(found) == 1
    return [
        Document(name if single else f"{name}, document {number}", document)
        for number, document in enumerate(found, start=1)
    ]
