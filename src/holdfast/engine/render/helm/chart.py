"""What Chart.yaml says, and whether this cluster and this repository can serve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang import hosts, semver, yaml_documents
from holdfast.engine.render import paths
from holdfast.engine.render.helm import lock as locks
from holdfast.model.errors import Blocked
from holdfast.model.filetree import EntryKind, FileTree
from holdfast.model.web_addresses import parts_of

_LIMITS: Final = yaml_documents.YamlLimits(bytes=1024**2, nodes=20_000, depth=30)


class Dependency(Struct, frozen=True):
    """`version` may be a range; `locked` is what the lock file says, "" without one."""

    name: str
    version: str = ""
    repository: str = ""
    locked: str = ""

    @property
    def is_local(self) -> bool:
        return self.repository.startswith("file://")


class Chart(Struct, frozen=True):
    """The part of Chart.yaml that decides. `path` is the resolved folder of the chart. `lock_fits` is False when the lock
    file was made for other dependencies."""

    path: str
    name: str
    version: str
    kube_version: str = ""
    is_library: bool = False
    dependencies: tuple[Dependency, ...] = ()
    lock_fits: bool = True


class LocalChart(Struct, frozen=True):
    """A dependency that stands elsewhere in the same repository."""

    name: str
    path: str


def read(tree: FileTree, folder: str) -> Chart:
    """`folder` must be resolved. Raises Blocked ChartInvalid."""
    file = paths.join(folder, "Chart.yaml")
    content = paths.read_file(tree, file)
    if content is None:
        raise Blocked("ChartInvalid", f"{file} is missing: the source is said to be a Helm chart")
    said = _mapping(file, content)
    name, version = _text(said.get("name")), _text(said.get("version"))
    if not name or not version:
        raise Blocked("ChartInvalid", f"{file}: {'version' if name else 'name'} is missing")
    # A chart of apiVersion v1 names its dependencies in a file of their own.
    older = paths.join(folder, "requirements.yaml")
    requirements = paths.read_file(tree, older) if said.get("apiVersion") == "v1" else None
    listed = _mapping(older, requirements) if requirements is not None else said
    lock_file = paths.join(folder, "requirements.lock" if requirements is not None else "Chart.lock")
    lock = _mapping(lock_file, paths.read_file(tree, lock_file) or b"{}")
    dependencies = _dependencies(file, listed.get("dependencies"), _locked(lock))
    return Chart(
        path=folder,
        name=name,
        version=version,
        kube_version=_text(said.get("kubeVersion")),
        is_library=said.get("type") == "library",
        dependencies=dependencies,
        lock_fits=locks.fits(listed.get("dependencies") or [], _entries(lock), _text(lock.get("digest"))),
    )


def check(chart: Chart, kube_version: str) -> None:
    """Raises Blocked when the chart cannot be installed by itself, or not on this version of Kubernetes."""
    if chart.is_library:
        raise Blocked("ChartInvalid", f"{chart.name} is a library chart: it is used by other charts, not installed")
    if not chart.kube_version or not kube_version:
        return
    try:
        fits = semver.satisfies(kube_version, chart.kube_version)
    except semver.VersionError as error:
        raise Blocked("ChartInvalid", f"Chart.yaml: kubeVersion: {error}") from error
    if not fits:
        raise Blocked(
            "ChartInvalid",
            f"chart {chart.name} {chart.version} requires Kubernetes {chart.kube_version}, the cluster is {kube_version}: "
            "use another version of the chart, or set helm.kubeVersion",
        )


def missing_dependencies(tree: FileTree, chart: Chart) -> tuple[Dependency, ...]:
    """Those that are named in Chart.yaml and not vendored in charts/."""
    vendored = tree.children(paths.join(chart.path, "charts"))
    archives = [entry.name for entry in vendored if entry.name.endswith((".tgz", ".tar.gz"))]
    folders = {
        _folder_name(tree, paths.join(chart.path, f"charts/{entry.name}"))
        for entry in vendored
        if entry.kind is not EntryKind.FILE
    }
    return tuple(
        wanted
        for wanted in chart.dependencies
        if wanted.name not in folders and not any(_is_archive_of(archive, wanted.name) for archive in archives)
    )


def wanted_elsewhere(tree: FileTree, path: str) -> tuple[Dependency, ...]:
    """The dependencies of the chart at `path` that neither it nor its repository holds; none when there is no chart.

    Raises Blocked when its lock file was made for other ones, as then nobody knows which versions are meant.
    """
    folder = paths.resolve(tree, paths.join("", path))
    if folder is None or tree.entry(paths.join(folder, "Chart.yaml")) is None:
        return ()
    chart = read(tree, folder)
    found = tuple(wanted for wanted in missing_dependencies(tree, chart) if wanted.repository and not wanted.is_local)
    if found and not chart.lock_fits:
        raise Blocked(
            "DependencyMissing",
            f"{paths.join(folder, 'Chart.lock')} does not belong to Chart.yaml: run `helm dependency update` and commit it",
        )
    return found


def local_dependencies(tree: FileTree, chart: Chart, missing: tuple[Dependency, ...]) -> tuple[LocalChart, ...]:
    """Where the missing `file://` dependencies stand. Raises Blocked when one is not there or does not fit."""
    found = []
    for wanted in missing:
        if not wanted.is_local:
            continue
        place = wanted.repository.removeprefix("file://")
        if place.startswith("/"):
            raise Blocked("PathEscapes", f"dependency {wanted.name}: {wanted.repository} is no path in the repository")
        path = paths.join(chart.path, place)
        resolved = paths.resolve(tree, path)
        if resolved is None or tree.entry(paths.join(resolved, "Chart.yaml")) is None:
            raise Blocked(
                "DependencyMissing",
                f"chart {chart.name} needs {wanted.name} from {wanted.repository}, and there is no chart at {path}",
            )
        other = read(tree, resolved)
        if other.name != wanted.name or not _fits(other.version, wanted.version):
            raise Blocked(
                "DependencyMissing",
                f"chart {chart.name} needs {wanted.name} {wanted.version}, but {path} holds {other.name} {other.version}",
            )
        found.append(LocalChart(wanted.name, resolved))
    return tuple(found)


def dependency_missing(chart: Chart, wanted: Dependency, because: str = "") -> Blocked:
    reason = f" ({because})" if because else ""
    return Blocked(
        "DependencyMissing",
        f"chart {chart.name} needs {wanted.name} {wanted.version} from {wanted.repository or 'charts/'}, which is not in "
        f"{paths.join(chart.path, 'charts')}{reason}: run `helm dependency update` and commit charts/",
    )


def check_carried(chart: Chart, carried: Sequence[tuple[str, str]]) -> None:
    """`carried` are name and version of each chart that stands in charts/ when the chart is rendered. Raises Blocked
    when one that is wanted is not there, or there in another version than Chart.yaml and the lock file say."""
    for wanted in chart.dependencies:
        versions = [version for name, version in carried if name == wanted.name]
        if not versions:
            raise dependency_missing(chart, wanted)
        fitting = [version for version in versions if _fits(version, wanted.version)]
        locked = wanted.locked if chart.lock_fits and not wanted.is_local else ""
        if not fitting:
            said, where = wanted.version, "Chart.yaml"
        elif locked and not any(_is_same(version, locked) for version in fitting):
            said, where = locked, "its lock file"
        else:
            continue
        raise Blocked(
            "DependencyMissing",
            f"chart {chart.name} needs {wanted.name} {said}, as {where} says, and carries {', '.join(versions)} in "
            f"{paths.join(chart.path, 'charts')}: run `helm dependency update` and commit charts/",
        )


def objection(repository: str) -> str:
    """Why a repository that nobody has registered is not asked for charts; "" when it may be.

    A chart from Git must not make this process speak to the host it runs on, or to a metadata service.
    """
    url = parts_of(repository)
    if url.scheme not in ("https", "oci") or not url.hostname:
        return ""
    return f"{url.hostname} is not a public host" if hosts.is_inside(url.hostname) else ""


def _fits(version: str, wanted: str) -> bool:
    if not wanted:
        return True
    try:
        return semver.satisfies(version, wanted)
    except semver.VersionError:
        return version == wanted


def _is_same(version: str, locked: str) -> bool:
    return version.removeprefix("v") == locked.removeprefix("v")


def _folder_name(tree: FileTree, folder: str) -> str:
    content = paths.read_file(tree, f"{folder}/Chart.yaml")
    return _text(_mapping(f"{folder}/Chart.yaml", content).get("name")) if content is not None else ""


def _is_archive_of(archive: str, name: str) -> bool:
    rest = archive.removeprefix(name + "-")
    return rest != archive and rest.removeprefix("v")[:1].isdigit()


def _dependencies(file: str, listed: Any, locked: dict[str, str]) -> tuple[Dependency, ...]:
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(isinstance(item, dict) and item.get("name") for item in listed):
        raise Blocked("ChartInvalid", f"{file}: dependencies must be a list of mappings with a name")
    return tuple(
        Dependency(
            name=_text(item["name"]),
            version=_text(item.get("version")),
            repository=_text(item.get("repository")),
            locked=locked.get(_text(item["name"]), ""),
        )
        for item in listed
    )


def _entries(lock: dict[str, Any]) -> list[dict[str, Any]]:
    entries = lock.get("dependencies")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _locked(lock: dict[str, Any]) -> dict[str, str]:
    """Versions by name of chart; a chart that is there twice, under aliases, is locked by neither."""
    versions: dict[str, set[str]] = {}
    for entry in _entries(lock):
        versions.setdefault(_text(entry.get("name")), set()).add(_text(entry.get("version")))
    return {name: found.pop() for name, found in versions.items() if len(found) == 1}


def _mapping(file: str, content: bytes) -> dict[str, Any]:
    try:
        said = yaml_documents.load_one(content, _LIMITS)
    except yaml_documents.YamlInvalid as error:
        place = f"{file}:{error.line}" if error.line else file
        raise Blocked("ChartInvalid", f"{place}: {error.problem}") from error
    if not isinstance(said, dict):
        raise Blocked("ChartInvalid", f"{file}: a mapping is expected")
    return said


def _text(value: Any) -> str:
    return "" if value is None else str(value)
