"""What goes into a render and what comes out of it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.repository import RepositoryAccess


class RenderLimits(Struct, frozen=True):
    """Bounds of one render: wall time in seconds, memory of the worker and size of the output in bytes."""

    seconds: float = 60.0
    memory_bytes: int = 2 * 1024**3
    output_bytes: int = 64 * 1024**2
    documents: int = 20_000


class RefLocation(Struct, frozen=True):
    """Another source of the application, whose files this one may name as `$name/path`."""

    name: str
    location: TreeLocation
    repo_url: str = ""


class FetchedChart(Struct, frozen=True):
    """A chart that another one depends on or that a kustomization inflates, unpacked. `repository` is as it is written
    there, and so is `version` where one chart may be wanted in several."""

    name: str
    repository: str
    location: TreeLocation
    version: str = ""


class ChartUse(Struct, frozen=True):
    """A chart that another one depends on or that a kustomization inflates. `wanted` is the version that a lock names, else
    what is written there: a version, a range, or "" for any."""

    repository: str
    name: str
    wanted: str = ""


class RemoteFile(Struct, frozen=True):
    """A file that was read from an address which a source names."""

    url: str
    content: bytes

    def __repr__(self) -> str:
        return f"RemoteFile({len(self.content)} bytes)"


class PluginPlaces(Struct, frozen=True):
    """Where config management plugins are: the folder of their sidecars' sockets, and the folder (or the one file) of
    definitions that are run on this machine; "" is nowhere. In the folder `ask_pass` sidecars find the sockets at which
    they ask for credentials; "" is one within that of their own sockets."""

    sockets: str = ""
    definitions: str = ""
    ask_pass: str = ""


NO_PLUGINS: Final = PluginPlaces()


class PluginFiles(Struct, frozen=True):
    """Which files of the repository matter to a plugin.

    `reads` are paths (or globs) from the root that the annotation `manifest-generate-paths` names; empty: all. With
    `only_those` a plugin is given nothing else. `excluded` are globs of what no plugin is given.
    """

    reads: tuple[str, ...] = ()
    only_those: bool = False
    excluded: tuple[str, ...] = ()


class RenderRequest(Struct, frozen=True):
    """One source at one commit, for one application on one cluster.

    `app_name` and `namespace` (the destination's) feed Helm's release and the `$ARGOCD_APP_*` build variables.
    `kube_version` is like "v1.37.2"; `api_versions` as in Discovery.api_versions. `plugin` is the one that was found to
    take the source, "" where none does, None when none was asked; `was_plugin` is whether one rendered it last.
    `credentials` open the repository; only plugins that ask for them are lent them.
    `settings` is what argocd-cm says of tools; `position` is the source's among those of the application.
    """

    location: TreeLocation
    source: ApplicationSource
    app_name: str
    app_namespace: str
    project: str
    namespace: str
    kube_version: str
    api_versions: tuple[str, ...] = ()
    limits: RenderLimits = RenderLimits()
    refs: tuple[RefLocation, ...] = ()
    charts: tuple[FetchedChart, ...] = ()
    remote_files: tuple[RemoteFile, ...] = ()
    plugin_files: PluginFiles = PluginFiles()
    plugin: str | None = None
    was_plugin: bool = False
    credentials: RepositoryAccess | None = None
    settings: dict[str, str] = {}
    position: int = 0


class Doubled(Struct, frozen=True):
    """An object of a render that another one takes the place of, as it is written there; `note` says where they are."""

    key: ObjectKey
    note: str


class RenderResult(Struct, frozen=True):
    """`source_type` is Argo CD's word: Helm, Kustomize, Directory, Plugin. `notes` are warnings for people beside what is
    `doubled`. `plugin` is the one that rendered; `is_unsure` means that a plugin which may have taken the source did not
    answer. `looked_at` are the paths from the root at which Jsonnet programs looked for what they import, in vain or not."""

    objects: tuple[KubeObject, ...]
    source_type: str
    notes: tuple[str, ...] = ()
    plugin: str = ""
    is_unsure: bool = False
    looked_at: tuple[str, ...] = ()
    doubled: tuple[Doubled, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """What people are to know, with where the doubled objects are."""
        return (*self.notes, *(one.note for one in self.doubled))
