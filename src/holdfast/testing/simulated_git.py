"""What the people of a simulation keep in Git: one folder of manifests for each application, changed by a seed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from msgspec import Struct

from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, key_of, namespace_of
from holdfast.model.names import Annotation
from holdfast.testing.builders import config_map, deployment, job, obj
from holdfast.testing.memory_repositories import MemoryRepositories

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

    @property
    def path(self) -> str:
        return f"apps/{self.name}"


class Wish(Struct, frozen=True):
    """What one commit wants for one application; `unreadable` when its files cannot be rendered, `refused` when the
    cluster will not take one of its objects."""

    objects: dict[ObjectKey, KubeObject]
    hooks: tuple[ObjectKey, ...] = ()
    unreadable: bool = False
    refused: bool = False


class Secrets:
    """Values that must never be told: each can be recognised wherever it turns up, plain or in base64."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.marks: list[str] = []

    def new(self) -> str:
        # Nine letters: a multiple of three, so that the base64 form is a part of the longer form as well.
        value = "".join(self._random.choices("abcdefghkmnpqrstuvwxyz", k=9))
        self.marks += [value, base64.b64encode(value.encode()).decode()]
        return value

    def told_in(self, text: str) -> str:
        """The first value that the text tells, or ""."""
        return next((mark for mark in self.marks if mark in text), "")


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
            folder[name] = self._edited(folder[name])
        self.commit(app.repository)
        return what

    def mend_all(self) -> None:
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
        hooks: list[ObjectKey] = []
        for manifest in objects_of(self._folders[app.name].values()):
            key = placed(manifest, app.namespace)
            if Annotation.HOOK in annotations_of(manifest):
                hooks.append(key)
            else:
                objects[key] = manifest
        return Wish(objects, tuple(hooks), unreadable=how == "yaml", refused=how in ("kind", "type", "secret"))

    def _add_manifest(self, app: AppPlan) -> None:
        kind = self._random.choice(KINDS)
        name = f"{app.name}-{kind.replace('_', '-')}-{self._random.randrange(3)}"
        self._folders[app.name][name] = self._manifest(kind, name)

    def _manifest(self, kind: str, name: str) -> KubeObject:
        marks = self._marks()
        match kind:
            case "secret":
                if self._random.random() < 0.5:
                    return obj("v1", "Secret", name, annotations=marks, stringData={"password": self._secrets.new()})
                coded = base64.b64encode(self._secrets.new().encode()).decode()
                return obj("v1", "Secret", name, annotations=marks, data={"password": coded})
            case "deployment":
                return deployment(name, replicas=self._random.randint(1, 2), annotations=marks)
            case "service":
                return obj(
                    "v1", "Service", name, annotations=marks, spec={"selector": {"app": name}, "ports": [{"port": 80}]}
                )
            case "service_account":
                return obj("v1", "ServiceAccount", name, annotations=marks)
            case "cluster_role":
                rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
                return obj("rbac.authorization.k8s.io/v1", "ClusterRole", name, annotations=marks, rules=rules)
            case "definition":
                return defined(name)
            case "hook":
                return self._hook(name)
            case _:
                return config_map(name, data=self._data(), annotations=marks)

    def _hook(self, name: str) -> KubeObject:
        policy = self._random.choice(("", "HookSucceeded", "BeforeHookCreation", "HookSucceeded,HookFailed"))
        annotations = {Annotation.HOOK.value: self._random.choice(("PreSync", "Sync", "PostSync"))}
        if policy:
            annotations[Annotation.HOOK_DELETE_POLICY.value] = policy
        hook = job(name, annotations=annotations)
        if self._random.random() < 0.3:
            hook["metadata"] = {"generateName": f"{name}-", "annotations": annotations}
        return hook

    def _edited(self, manifest: KubeObject) -> KubeObject:
        match manifest["kind"]:
            case "ConfigMap":
                return {**manifest, "data": self._data()}
            case "Secret":
                rest = {key: value for key, value in manifest.items() if key != "data"}
                return {**rest, "stringData": {"password": self._secrets.new()}}
            case "Deployment":
                spec = {**manifest["spec"], "replicas": self._random.randint(1, 3)}
                return {**manifest, "spec": spec}
            case "Service":
                spec = {**manifest["spec"], "ports": [{"port": self._random.randint(80, 90)}]}
                return {**manifest, "spec": spec}
            case _:
                return manifest

    def _marks(self) -> dict[str, str] | None:
        wave = self._random.choice(("", "", "", "-1", "1"))
        options = self._random.choice(("", "", "", "", "Force=true", "Replace=true", "Force=true,Replace=true"))
        marks = {Annotation.SYNC_WAVE.value: wave, Annotation.SYNC_OPTIONS.value: options}
        return {name: value for name, value in marks.items() if value} or None

    def _data(self) -> dict[str, str]:
        return {f"key-{self._random.randrange(3)}": f"value-{self._random.randrange(1000)}" for _ in range(2)}


def defined(name: str) -> KubeObject:
    """A kind and an object of it, in one file."""
    kind = name.replace("-", "").capitalize()
    group = f"{name}.example.com"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    definition = obj(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"things.{group}",
        spec={
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": "things", "singular": "thing", "listKind": f"{kind}List"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    )
    return {"apiVersion": "v1", "kind": "List", "items": [definition, obj(f"{group}/v1", kind, name, spec={"size": 1})]}


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
