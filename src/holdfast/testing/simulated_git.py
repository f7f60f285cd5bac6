"""What the people of a simulation keep in Git: one folder of manifests for each application, changed by a seed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from msgspec import Struct

from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, key_of, namespace_of
from holdfast.model.names import Annotation
from holdfast.testing.builders import deployment, obj
from holdfast.testing.memory_repositories import MemoryRepositories
from holdfast.testing.simulated_manifests import Manifests, Secrets, is_bad

KINDS = (
    "config_map",
    "secret",
    "deployment",
    "service",
    "service_account",
    "cluster_role",
    "definition",
    "hook",
    "hook",
    "hook",
    "shared_hook",
)
CLUSTER_SCOPED = frozenset({"ClusterRole", "CustomResourceDefinition"})
MOST_OBJECTS = 7


class AppPlan(Struct, frozen=True):
    """One Application of the simulation; `automated` ones prune and heal, the others wait for a person."""

    name: str
    repository: str
    namespace: str
    automated: bool
    cascades: bool
    sync_options: tuple[str, ...] = ()
    needs_approval: bool = False

    @property
    def path(self) -> str:
        return f"apps/{self.name}"


class Wish(Struct, frozen=True):
    """What one commit wants for one application; `unreadable` when its files cannot be rendered, `refused` when the
    cluster will not take one of its objects."""

    objects: dict[ObjectKey, KubeObject]
    hooks: tuple[ObjectKey, ...] = ()
    hook_manifests: tuple[KubeObject, ...] = ()
    unreadable: bool = False
    refused: bool = False


class SimulatedGit:
    """All repositories and, for every commit, what it wants of every application."""

    def __init__(self, random: Random, repositories: MemoryRepositories, secrets: Secrets) -> None:
        self.repositories = repositories
        self.wishes: dict[tuple[str, str], Wish] = {}
        self.heads: dict[str, str] = {}
        self.commits: dict[str, list[str]] = {}
        self.ever_wanted: dict[ObjectKey, set[str]] = {}
        self._random = random
        self._secrets = secrets
        self._manifests = Manifests(random, secrets)
        self._folders: dict[str, dict[str, KubeObject]] = {}
        self._breaks: dict[str, str] = {}
        self._apps: list[AppPlan] = []

    def add(self, app: AppPlan) -> None:
        self._apps.append(app)
        self._folders[app.name] = {}
        for _ in range(self._random.randint(2, 4)):
            self._add_manifest(app)

    def head_of(self, app: AppPlan) -> str:
        return self.heads[app.repository]

    def wish(self, app: AppPlan) -> Wish:
        return self.wishes[self.head_of(app), app.name]

    def change(self, app: AppPlan) -> str:
        """One commit that changes something of the application; says what."""
        folder = self._folders[app.name]
        what = self._random.choice(("add", "remove", "edit", "edit", "break", "mend", "move"))
        if what == "add" and len(folder) < MOST_OBJECTS:
            self._add_manifest(app)
        elif what == "remove" and len(folder) > 1:
            del folder[self._random.choice(sorted(folder))]
        elif what == "break":
            self._breaks[app.name] = self._random.choice(("yaml", "kind", "type", "secret"))
        elif what == "mend":
            self._breaks.pop(app.name, None)
        elif what == "move":
            self._move(app)
        else:
            what = "edit"
            name = self._random.choice(sorted(folder))
            folder[name] = self._manifests.edited(folder[name])
        self.commit(app.repository)
        return what

    def mend_all(self) -> None:
        for app in self._apps:
            self._folders[app.name] = {
                name: manifest for name, manifest in self._folders[app.name].items() if not is_bad(manifest)
            } or {"kept": self._manifests.new("config_map", f"{app.name}-kept")}
        for name in self._breaks:
            if self._random.random() < 0.7:
                self._breaks[name] = ""
        self._breaks = {name: how for name, how in self._breaks.items() if how}
        for repository in sorted(self.heads):
            self.commit(repository)

    def commit(self, repository: str) -> str:
        members = [app for app in self._apps if app.repository == repository]
        files: dict[str, str] = {"README.md": "Kept by a simulation."}
        for app in members:
            files |= self._files(app)
        revision = self.repositories.commit(repository, files)
        self.heads[repository] = revision
        self.commits.setdefault(repository, []).append(revision)
        for app in members:
            wish = self._wish(app)
            self.wishes[revision, app.name] = wish
            for key in (*wish.objects, *wish.hooks):
                self.ever_wanted.setdefault(key, set()).add(app.name)
        return revision

    def _move(self, app: AppPlan) -> None:
        """An object of one application becomes another's of the same repository and namespace, under its own name."""
        places = [
            other
            for other in self._apps
            if other != app and (other.repository, other.namespace) == (app.repository, app.namespace)
        ]
        folder = self._folders[app.name]
        if places and len(folder) > 1:
            name = self._random.choice(sorted(folder))
            self._folders[self._random.choice(places).name].setdefault(name, folder.pop(name))

    def _files(self, app: AppPlan) -> dict[str, str]:
        files = {f"{app.path}/{name}.json": json.dumps(manifest) for name, manifest in self._folders[app.name].items()}
        match self._breaks.get(app.name):
            case "yaml":
                head = "apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\n"
                files[f"{app.path}/broken.yaml"] = f"{head}stringData:\n  password: {self._secrets.new()}\n bad: [\n"
            case "kind":
                files[f"{app.path}/broken.json"] = json.dumps(obj("nowhere.example.com/v1", "Nothing", "none"))
            case "type":
                files[f"{app.path}/broken.json"] = json.dumps(
                    {**deployment(f"{app.name}-broken"), "spec": {"replicas": "many"}}
                )
            case "secret":
                mark = self._secrets.new()
                data: dict[str, Any] = {"password": f"{mark}!", "count": 5}
                files[f"{app.path}/broken.json"] = json.dumps(obj("v1", "Secret", f"{app.name}-broken", data=data))
            case _:
                pass
        return files

    def _wish(self, app: AppPlan) -> Wish:
        how = self._breaks.get(app.name, "")
        objects: dict[ObjectKey, KubeObject] = {}
        hooks: dict[ObjectKey, KubeObject] = {}
        for manifest in objects_of(self._folders[app.name].values()):
            key = placed(manifest, app.namespace)
            if Annotation.HOOK in annotations_of(manifest):
                hooks[key] = manifest
            else:
                objects[key] = manifest
        found = tuple(hooks), tuple(hooks.values())
        return Wish(objects, *found, unreadable=how == "yaml", refused=how in ("kind", "type", "secret"))

    def _add_manifest(self, app: AppPlan) -> None:
        kind = self._random.choice(KINDS)
        name = f"{app.name}-{kind.replace('_', '-')}-{self._random.randrange(3)}"
        # An object that moved to another application keeps its name: two that want it would never agree.
        taken = any(name in folder for owner, folder in self._folders.items() if owner != app.name)
        if not taken:
            self._folders[app.name][name] = self._manifests.new(kind, name)


def objects_of(manifests: Iterable[KubeObject]) -> Iterator[KubeObject]:
    for manifest in manifests:
        if manifest["kind"] == "List":
            yield from manifest["items"]
        else:
            yield manifest


def placed(manifest: KubeObject, namespace: str) -> ObjectKey:
    """The key of a manifest in the namespace that its application goes to."""
    key = key_of(manifest)
    if key.kind in CLUSTER_SCOPED or namespace_of(manifest):
        return key
    return ObjectKey(key.group, key.kind, namespace, key.name)
