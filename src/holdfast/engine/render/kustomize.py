"""A kustomization: the changes that a source asks for, and what of the repository its build can read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import (
    kustomize_addresses,
    kustomize_chart_fields,
    kustomize_charts,
    kustomize_generators,
    paths,
    tool_settings,
)
from holdfast.engine.render.detect import kustomization_file
from holdfast.engine.render.helm.chart import Dependency
from holdfast.engine.render.kustomize_charts import Capabilities, Inflation, Wanted
from holdfast.engine.render.kustomize_edits import edited
from holdfast.engine.render.tool_settings import KustomizeBuild
from holdfast.model.errors import Blocked
from holdfast.model.filetree import EntryKind, FileTree
from holdfast.model.rendering import FetchedChart
from holdfast.model.source_options import KustomizeOptions

MAX_KUSTOMIZATIONS: Final = 2_000
_LIMITS: Final = yaml_documents.YamlLimits(bytes=4 * 1024**2, nodes=200_000)
_REMOTE: Final = re.compile(
    r"[a-z+]+://|git@|git::|(www\.)?github\.com[/:]|[\w.-]+\.[a-z]{2,}:[\w-]+/|.*[?&](ref|version)="
)
# Entries that are files or folders with a kustomization, and those that are files.
_FOLDER_LISTS: Final = ("resources", "bases", "components", "generators", "transformers", "validators")
_PLUGIN_LISTS: Final = ("generators", "transformers", "validators")
_FILE_LISTS: Final = ("crds", "configurations", "patchesStrategicMerge")
_PATH_LISTS: Final = ("patches", "patchesJson6902", "replacements")
_GENERATORS: Final = ("configMapGenerator", "secretGenerator")
# These name no file; a field that is in no list here may, and then the whole repository is given to the build.
_WITHOUT_FILES: Final = frozenset(
    [
        "apiVersion",
        "kind",
        "metadata",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "commonAnnotations",
        "labels",
        "images",
        "imageTags",
        "replicas",
        "vars",
        "sortOptions",
        "buildMetadata",
        "generatorOptions",
        "inventory",
    ]
)

_FIELDS: Final = frozenset(
    {
        *_FOLDER_LISTS,
        *_FILE_LISTS,
        *_PATH_LISTS,
        *_GENERATORS,
        *_WITHOUT_FILES,
        *kustomize_chart_fields.FIELDS,
        "openapi",
    }
)
_BY_LOWER_CASE: Final = {field.lower(): field for field in _FIELDS}
_PLUGIN_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata", "resources", "bases", "components"})


INSTALLED: Final = KustomizeBuild()
_NOTHING_TOLD: Final = Capabilities()


class KustomizeJob(Struct, frozen=True, tag="kustomize"):
    """`file` is the kustomization, `text` what stands in it with the source's changes ("" when unchanged). `inflations` are
    the charts of all kustomizations that the build reads, which it `inflates` or refuses. `program` builds, "" being the
    installed one."""

    path: str
    file: str
    text: str = ""
    program: str = ""
    inflates: bool = False
    inflations: tuple[Inflation, ...] = ()


class Closure(Struct, frozen=True):
    """`files` by the path in the repository that the build uses; `whole` when any file may be read."""

    files: Mapping[str, str]
    whole: bool = False


def prepare(
    tree: FileTree,
    folder: str,
    options: KustomizeOptions | None,
    variables: Mapping[str, str],
    build: KustomizeBuild = INSTALLED,
    capabilities: Capabilities = _NOTHING_TOLD,
    fetched: Sequence[FetchedChart] = (),
) -> KustomizeJob:
    """`folder` is resolved; `fetched` are the charts of `wanted_charts` that are not in the repository. Raises Blocked."""
    job = _plain(tree, folder, options, variables, build)
    told = Capabilities(
        (options.kube_version if options else "") or capabilities.kube_version,
        ((options.api_versions if options else ()) or capabilities.api_versions) + build.api_versions,
    )
    named = wanted_charts(tree, job)
    return structs.replace(job, inflations=tuple(kustomize_charts.inflation(tree, one, told, fetched) for one in named))


def wanted_charts(tree: FileTree, job: KustomizeJob) -> tuple[Wanted, ...]:
    """The charts that the build inflates; none where it may not. Raises Blocked."""
    if not job.inflates:
        return ()
    walker = _Walker(tree, job)
    walker.visit(job.path)
    return tuple(walker.charts)


def elsewhere(
    tree: FileTree, folder: str, options: KustomizeOptions | None, variables: Mapping[str, str], build: KustomizeBuild
) -> tuple[Dependency, ...]:
    """What is to be fetched before the build. Raises Blocked."""
    if not build.inflates:
        return ()
    named = wanted_charts(tree, _plain(tree, folder, options, variables, build))
    return tuple(dict.fromkeys(one.dependency for one in named if one.local is None))


def _plain(
    tree: FileTree, folder: str, options: KustomizeOptions | None, variables: Mapping[str, str], build: KustomizeBuild
) -> KustomizeJob:
    """Without its charts."""
    name = kustomization_file(tree, folder)
    if name is None:
        raise Blocked("KustomizeFailed", f"{folder or 'the root'} holds no kustomization.yaml")
    file = paths.join(folder, name)
    job = KustomizeJob(folder, file, program=build.program, inflates=build.inflates)
    if options is None or options == KustomizeOptions():
        return job
    said = _read(tree, file)
    present = {path for path in options.components if _is_there(tree, folder, path)}
    return structs.replace(job, text=yaml_documents.dump(edited(said, options, variables, present)))


def closure(tree: FileTree, job: KustomizeJob) -> Closure:
    """Every file that the build reads, found by following the kustomizations. Refuses remote and escaping ones."""
    walker = _Walker(tree, job)
    walker.visit(job.path)
    return Closure(walker.files, walker.whole)


class _Place(Struct, frozen=True):
    """A folder; `is_plugin` when its objects say what the build does instead of being its outcome, `inflated_by` is
    the kustomization that names them as its generators, whose folder is that of their charts, "" where they are none.
    `namespace` is what a
    kustomization without one takes over for its charts; "" where none are inflated."""

    folder: str
    is_plugin: bool = False
    namespace: str = ""
    inflated_by: str = ""


class _Walker:
    def __init__(self, tree: FileTree, job: KustomizeJob) -> None:
        self._tree = tree
        self._job = job
        self._seen: set[_Place] = set()
        self.files: dict[str, str] = {}
        self.whole = False
        self._charts: dict[str, tuple[str, list[Wanted]]] = {}
        self._generated: dict[tuple[str, str | bytes], list[Wanted]] = {}

    @property
    def charts(self) -> list[Wanted]:
        listed = [one for _, found in self._charts.values() for one in found]
        return [*listed, *(one for found in self._generated.values() for one in found)]

    def visit(self, folder: str) -> None:
        pending = [_Place(folder)]
        while pending:
            here = pending.pop()
            if here in self._seen:
                continue
            self._seen.add(here)
            if len(self._seen) > MAX_KUSTOMIZATIONS:
                raise Blocked("ManifestTooLarge", f"{self._job.file} reaches more than {MAX_KUSTOMIZATIONS:,} folders")
            pending.extend(self._folders_of(here))

    def _folders_of(self, place: _Place) -> Iterator[_Place]:
        name = kustomization_file(self._tree, place.folder)
        if name is None:
            return
        file = paths.join(place.folder, name)
        self._take(file)
        said = said_in(self._tree, self._job, file)
        if place.is_plugin:
            _refuse_changes_of_plugins(file, said)
        kustomize_addresses.refuse(file, said)
        namespace = str(said.get("namespace") or place.namespace) if self._job.inflates else ""
        self._take_charts(file, place.folder, said, namespace)
        if not _known_fields(said):
            self.whole = True
        for field in _FOLDER_LISTS:
            for entry in _texts(said.get(field)):
                here = _Place(
                    place.folder,
                    place.is_plugin or field in _PLUGIN_LISTS,
                    namespace,
                    inflated_by=file if field == "generators" and not place.is_plugin else place.inflated_by,
                )
                yield from self._follow(here, file, field, entry)
        for entry in _file_entries(said):
            self._take(_local(file, place.folder, entry))

    def _follow(self, place: _Place, file: str, field: str, entry: str) -> Iterator[_Place]:
        if kustomize_generators.is_inline(entry):
            self._take_plugin(place, file, entry)
            return
        path = None if "://" in entry else _local(file, place.folder, entry)
        resolved = paths.resolve(self._tree, path) if path is not None else None
        if path is None or (resolved is None and _REMOTE.match(entry)):
            raise kustomize_addresses.remote(file, field, entry)
        if resolved is None:
            raise Blocked("KustomizeFailed", f"{file}: {field}: {entry!r} does not exist ({path})")
        if not paths.is_directory(self._tree, resolved):
            self.files[path] = resolved
            self._take_plugin(place, path, self._tree.read(resolved))
            return
        if resolved != path:
            self.whole = True  # a folder behind a symlink is reached by two names
        yield structs.replace(place, folder=resolved)

    def _take_plugin(self, place: _Place, file: str, text: str | bytes) -> None:
        """The documents of `file`, when they say what the build does. Their charts take over no namespace."""
        if not place.is_plugin:
            return
        documents = kustomize_generators.documents(file, text)
        kustomize_addresses.refuse_in_documents(file, documents, inflates=bool(place.inflated_by))
        named = kustomize_generators.charts(file, documents) if place.inflated_by else []
        if named and not self._job.inflates:
            raise tool_settings.not_allowed(file, kustomize_chart_fields.GENERATOR)
        kustomize_charts.check_count(file, len(named))
        by, folder = place.inflated_by, place.inflated_by.rpartition("/")[0]
        found = (kustomize_charts.wanted(self._tree, by, folder, one, "") for one in named)
        self._generated[by, text] = [one for each in found for one in each]

    def _take_charts(self, file: str, folder: str, said: Mapping[str, Any], namespace: str) -> None:
        field = kustomize_chart_fields.named_in(said)
        if not field:
            return
        if not self._job.inflates:
            raise tool_settings.not_allowed(file, field)
        named = kustomize_chart_fields.of_kustomization(file, said)
        kustomize_charts.check_count(file, len(named.charts))
        found = kustomize_charts.wanted(self._tree, file, folder, named, namespace)
        before = self._charts.setdefault(file, (namespace, found))[0]
        if before != namespace and any(not one.said.namespace for one in found):
            raise Blocked(
                "KustomizeFailed",
                f"{file}: {field} would be inflated for the namespaces {before or 'default'} and {namespace or 'default'} "
                "in one build: name the namespace of each chart",
            )

    def _take(self, path: str) -> None:
        resolved = paths.resolve(self._tree, path)
        if resolved is not None and not paths.is_directory(self._tree, resolved):
            self.files[path] = resolved


def said_in(tree: FileTree, job: KustomizeJob, file: str) -> Mapping[str, Any]:
    """The fields of a kustomization that the build reads, in their exact spelling."""
    edited = file == job.file and job.text
    return _spelt_exactly(file, _parsed(file, job.text) if edited else _read(tree, file))


def _local(file: str, folder: str, entry: str) -> str:
    """kustomize reads a leading "/" as the root of the machine."""
    if entry.startswith("/"):
        raise Blocked("PathEscapes", f"{file}: {entry!r} leads out of the repository: use a relative path")
    return paths.join(folder, entry)


def _spelt_exactly(file: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """kustomize reads fields in any case, so that one in another case would pass by all that is looked at here."""
    exact: dict[str, Any] = {}
    for field, value in said.items():
        name = _BY_LOWER_CASE.get(field.lower(), field)
        if name in exact:
            raise Blocked("KustomizeFailed", f"{file}: {name} stands there more than once, as {field} too")
        exact[name] = value
    return exact


def _refuse_changes_of_plugins(file: str, said: Mapping[str, Any]) -> None:
    for field in said:
        if field not in _PLUGIN_FIELDS:
            raise Blocked(
                "KustomizeFailed",
                f"{file}: {field} changes objects that say what the build does: write these objects out in a file",
            )


def _known_fields(said: Mapping[str, Any]) -> bool:
    # Generators and transformers are documents that may name further files.
    return not (set(said) - _FIELDS) and not any(said.get(field) for field in _PLUGIN_LISTS)


def _file_entries(said: Mapping[str, Any]) -> Iterator[str]:
    for field in _FILE_LISTS:
        yield from (entry for entry in _texts(said.get(field)) if "\n" not in entry)
    for field in _PATH_LISTS:
        yield from (entry["path"] for entry in _mappings(said.get(field)) if isinstance(entry.get("path"), str))
    for field in _GENERATORS:
        for entry in _mappings(said.get(field)):
            for source in (*_texts(entry.get("files")), *_texts(entry.get("envs")), *_texts([entry.get("env")])):
                yield source.partition("=")[2] or source
    openapi = said.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield openapi["path"]


def _texts(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _is_there(tree: FileTree, folder: str, path: str) -> bool:
    resolved = paths.resolve(tree, paths.join(folder, path))
    entry = tree.entry(resolved) if resolved else None
    return entry is not None and entry.kind is EntryKind.DIRECTORY


def _read(tree: FileTree, file: str) -> dict[str, Any]:
    return _parsed(file, paths.read_file(tree, file) or b"")


def _parsed(file: str, content: str | bytes) -> dict[str, Any]:
    try:
        said = yaml_documents.load_one(content, _LIMITS)
    except yaml_documents.YamlInvalid as error:
        place = f"{file}:{error.line}" if error.line else file
        raise Blocked("KustomizeFailed", f"{place}: {error.problem}") from error
    if said is not None and not isinstance(said, dict):
        raise Blocked("KustomizeFailed", f"{file}: a mapping is expected")
    return said or {}
