"""The manifests that the people of a simulation write, by a seed."""

from __future__ import annotations

import base64
from random import Random

from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, HookPhase
from holdfast.testing.builders import config_map, deployment, job, obj

SYNC_PHASES = (HookPhase.PRE_SYNC, HookPhase.SYNC, HookPhase.POST_SYNC, HookPhase.SYNC_FAIL)
PHASES = (*SYNC_PHASES, HookPhase.PRE_SYNC, HookPhase.POST_SYNC, HookPhase.PRE_DELETE, HookPhase.POST_DELETE)
OPTIONS = (
    *("",) * 8,
    "Force=true",
    "Replace=true",
    "Force=true,Replace=true",
    "Prune=confirm",
    "Delete=confirm",
    "Delete=false",
)
SHARED_HOOK = "shared-migrate"
"""The hook that applications in one namespace may have under the same name."""

GOOD_IMAGE = "migrate:1"
SLOW_IMAGE = "migrate:run-20s"
BAD_IMAGE = "migrate:fail"


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


class Manifests:
    """Writes and edits manifests."""

    def __init__(self, random: Random, secrets: Secrets) -> None:
        self._random = random
        self._secrets = secrets

    def new(self, kind: str, name: str) -> KubeObject:
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
            case "shared_hook":
                return self._hook(SHARED_HOOK)
            case _:
                return config_map(name, data=self._data(), annotations=marks)

    def _hook(self, name: str) -> KubeObject:
        policy = self._random.choice(("", "HookSucceeded", "BeforeHookCreation", "HookSucceeded,HookFailed"))
        phase, wave = self._random.choice(PHASES), self._random.choice(("", "", "-1", "1"))
        said = {
            Annotation.HOOK: phase.value,
            Annotation.HOOK_DELETE_POLICY: policy,
            Annotation.SYNC_WAVE: wave,
        }
        annotations = {annotation.value: value for annotation, value in said.items() if value}
        hook = job(name, annotations=annotations)
        hook["spec"]["backoffLimit"] = 1
        if self._random.random() < 0.3 and name != SHARED_HOOK:
            hook["metadata"] = {"generateName": f"{name}-", "annotations": annotations}
        images = (GOOD_IMAGE, GOOD_IMAGE, SLOW_IMAGE, BAD_IMAGE if phase in SYNC_PHASES else GOOD_IMAGE)
        return with_image(hook, self._random.choice(images))

    def edited(self, manifest: KubeObject) -> KubeObject:
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
            case "Job":
                return with_image(manifest, GOOD_IMAGE)
            case _:
                return manifest

    def _marks(self) -> dict[str, str] | None:
        wave = self._random.choice(("", "", "", "-1", "1"))
        options = self._random.choice(OPTIONS)
        marks = {Annotation.SYNC_WAVE.value: wave, Annotation.SYNC_OPTIONS.value: options}
        return {name: value for name, value in marks.items() if value} or None

    def _data(self) -> dict[str, str]:
        return {f"key-{self._random.randrange(3)}": f"value-{self._random.randrange(1000)}" for _ in range(2)}


def with_image(hook: KubeObject, image: str) -> KubeObject:
    pod = hook["spec"]["template"]["spec"]
    spec = {**pod, "containers": [{**pod["containers"][0], "image": image}]}
    return {**hook, "spec": {**hook["spec"], "template": {**hook["spec"]["template"], "spec": spec}}}


def is_bad(manifest: KubeObject) -> bool:
    """A hook that fails, or one that another application may have as well: Git cannot stay so."""
    if manifest["kind"] != "Job":
        return False
    images = [one["image"] for one in manifest["spec"]["template"]["spec"]["containers"]]
    return BAD_IMAGE in images or manifest["metadata"].get("name") == SHARED_HOOK


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
