"""What the server warns of although it is legal."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import (
    cron_job,
    daemon_set,
    deployment,
    job,
    pod,
    replica_set,
    stateful_set,
    template,
    with_metadata,
)
from tests.contract.servers import Server

CONTAINER: dict[str, Any] = {"name": "c", "image": "c:1"}
SPREAD = {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway"}
SELECTOR = {"matchLabels": {"a": "b"}}
NODE_TERM = {"matchExpressions": [{"key": "beta.kubernetes.io/arch", "operator": "Exists"}]}
NODE_AFFINITY = {
    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [NODE_TERM]},
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": NODE_TERM}],
}
POD_AFFINITY = {
    "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "z"}],
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "z"}}],
}


def variables(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"containers": [{**CONTAINER, "env": [{"name": name, "value": value} for name, value in pairs]}]}


def resources(**amounts: dict[str, str]) -> dict[str, Any]:
    return {"containers": [{**CONTAINER, "resources": amounts}]}


def ports(*given: dict[str, Any], more: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    second = [{"name": "d", "image": "d:1", "ports": list(more)}] if more else []
    return {"containers": [{**CONTAINER, "ports": list(given)}, *second]}


def volume(**source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", **source}]}


SPECS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a variable twice": variables(("A", "1"), ("A", "2"), ("A", "3")),
    "a variable that extends itself": variables(("A", "1"), ("A", "$(A) 2")),
    "a variable that names itself": variables(("A", "1"), ("A", "$$(A) 2")),
    "a variable twice where it starts": {
        "initContainers": [{**variables(("A", ""), ("A", ""))["containers"][0], "name": "i"}]
    },
    "parts of bytes": resources(requests={"memory": "500m", "cpu": "500m"}, limits={"memory": "1500m"}),
    "parts of bytes of storage": resources(
        requests={"ephemeral-storage": "100m"}, limits={"ephemeral-storage": "1100m"}
    ),
    "two ports of a name": ports(
        {"containerPort": 1, "name": "web", "protocol": "TCP"}, more=({"containerPort": 2, "name": "web"},)
    ),
    "a port twice": ports({"containerPort": 80}, {"containerPort": 80, "name": "web"}),
    "a port of two protocols": ports({"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}),
    "a port in two containers": ports({"containerPort": 80}, more=({"containerPort": 80},)),
    "a port of the host twice": ports({"containerPort": 80, "hostPort": 8080}, {"containerPort": 80, "hostPort": 8081}),
    "a port with and without the host's": ports({"containerPort": 80}, {"containerPort": 80, "hostPort": 8080}),
    "a port of one and of all addresses": ports(
        {"containerPort": 80, "hostPort": 8080, "hostIP": "192.0.2.1"}, {"containerPort": 80, "hostPort": 8080}
    ),
    "much at once": {
        "imagePullSecrets": [{}, {}],
        "nodeSelector": {"beta.kubernetes.io/os": "linux"},
        "containers": [
            {
                **CONTAINER,
                **resources(limits={"memory": "100m"})["containers"][0],
                "env": [{"name": "A"}, {"name": "A"}],
                "ports": [{"containerPort": 80, "name": "web"}],
            },
            {
                "name": "d",
                "image": "d:1",
                "env": [{"name": "A"}, {"name": "A"}],
                "ports": [{"containerPort": 80}, {"containerPort": 81, "name": "web"}],
            },
        ],
        "affinity": {"podAffinity": POD_AFFINITY, "nodeAffinity": NODE_AFFINITY},
        "topologySpreadConstraints": [SPREAD],
        "volumes": [{"name": "v", "rbd": {"monitors": ["m"], "image": "i"}}],
    },
    "spread without a selector": {"topologySpreadConstraints": [SPREAD, {**SPREAD, "topologyKey": "y"}]},
    "spread by an old label": {
        "topologySpreadConstraints": [
            {**SPREAD, "labelSelector": SELECTOR, "topologyKey": "failure-domain.beta.kubernetes.io/zone"}
        ]
    },
    "nodes by old labels": {"nodeSelector": {"beta.kubernetes.io/os": "linux", "kubernetes.io/os": "linux"}},
    "nodes by an old instance type": {"nodeSelector": {"beta.kubernetes.io/instance-type": "x"}},
    "nodes by an old region": {"nodeSelector": {"failure-domain.beta.kubernetes.io/region": "x"}},
    "affinity to old labels": {"affinity": {"nodeAffinity": NODE_AFFINITY}},
    "affinity without selectors": {"affinity": {"podAffinity": POD_AFFINITY}},
    "distance without selectors": {"affinity": {"podAntiAffinity": POD_AFFINITY}},
    "a host alias twice": {
        "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a"]}, {"ip": "192.0.2.1", "hostnames": ["b"]}]
    },
    "a pull secret twice": {"imagePullSecrets": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
    "a pull secret without a name": {"imagePullSecrets": [{}]},
    "too little grace": {"terminationGracePeriodSeconds": -1},
    "a repository as volume": volume(gitRepo={"repository": "https://example.com/a.git"}),
    "glusterfs": volume(glusterfs={"endpoints": "e", "path": "p"}),
    "flocker": volume(flocker={"datasetName": "d"}),
    "quobyte": volume(quobyte={"registry": "r:1", "volume": "v"}),
    "storageos": volume(storageos={"volumeName": "v", "volumeNamespace": "n"}),
    "scaleIO": volume(scaleIO={"gateway": "g", "system": "s", "volumeName": "v", "secretRef": {"name": "s"}}),
    "photonPersistentDisk": volume(photonPersistentDisk={"pdID": "p"}),
    "cephfs": volume(cephfs={"monitors": ["m"]}),
    "rbd": volume(rbd={"monitors": ["m"], "image": "i"}),
}


def warned(answer: Any) -> str:
    assert answer.status in (200, 201), answer.body
    text: str = answer.headers.get("warning", "")
    return text


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
async def test_what_is_legal_in_a_pod_but_discouraged_is_warned_of(server: Server, spec: dict[str, Any]) -> None:
    one = pod("x", automountServiceAccountToken=False, **spec)
    server.same(warned(await server.create(one, dryRun="All")))


ANNOTATIONS = [
    "seccomp.security.alpha.kubernetes.io/pod",
    "container.seccomp.security.alpha.kubernetes.io/c",
    "container.apparmor.security.beta.kubernetes.io/c",
]


@pytest.mark.parametrize("name", ANNOTATIONS)
async def test_annotations_that_fields_have_taken_over_are_warned_of(server: Server, name: str) -> None:
    one = with_metadata(pod("x", automountServiceAccountToken=False), annotations={name: "runtime/default"})
    server.same(warned(await server.create(one, dryRun="All")))


TWICE = template({**CONTAINER, **variables(("A", "1"), ("A", "2"))["containers"][0]})
RUN = {"spec": {**TWICE["spec"], "restartPolicy": "Never"}}
TEMPLATES: list[KubeObject] = [
    deployment("x", template=TWICE),
    replica_set("x", template=TWICE),
    stateful_set("x", template=TWICE),
    daemon_set("x", template=TWICE),
    job("x", template=RUN),
    cron_job("x", jobTemplate={"spec": {"template": RUN}}),
    pod("x", automountServiceAccountToken=False, **TWICE["spec"]),
]


@pytest.mark.parametrize("obj", TEMPLATES, ids=lambda obj: obj["kind"])
async def test_whoever_writes_it_and_however_is_warned(server: Server, obj: KubeObject) -> None:
    server.same(warned(await server.create(obj)))
    server.same(warned(await server.patch(obj, {"metadata": {"labels": {"only": "this"}}})))


CHANGES: dict[str, dict[str, Any]] = {
    "Job": {"parallelism": 2},
    "CronJob": {"suspend": True},
    "Pod": {"activeDeadlineSeconds": 5},
}


@pytest.mark.parametrize("obj", TEMPLATES, ids=lambda obj: obj["kind"])
async def test_a_change_of_the_spec_is_warned_of_again(server: Server, obj: KubeObject) -> None:
    await server.created(obj)
    change = CHANGES.get(obj["kind"], {"minReadySeconds": 5})
    server.same(warned(await server.patch(obj, {"spec": change})))


async def test_every_way_to_change_the_spec_is_warned_of_again(server: Server) -> None:
    obj = deployment("x", template=TWICE)
    await server.created(obj)
    server.same(warned(await server.patch(obj, {"spec": {"replicas": 2}})))
    server.same(warned(await server.patch(obj, {"spec": {"replicas": 2}})))
    server.same(warned(await server.patch(obj, {"spec": {"replicas": 3}}, "strategic", dryRun="All")))
    server.same(warned(await server.apply({**obj, "spec": {"replicas": 4}}, "a", force=True)))
    server.same(warned(await server.patch(obj, {"status": {"replicas": 1}}, sub="status")))
    server.same(warned(await server.patch(obj, {"spec": {"replicas": 5}}, sub="scale")))


async def test_an_apply_that_creates_is_warned_of(server: Server) -> None:
    obj = deployment("x", template=template(CONTAINER, topologySpreadConstraints=[SPREAD]))
    server.same(warned(await server.apply(obj, "a")))
    server.same(warned(await server.apply(obj, "a")))


@pytest.mark.parametrize("obj", TEMPLATES, ids=lambda obj: obj["kind"])
async def test_names_that_are_no_labels_are_warned_of_or_refused(server: Server, obj: KubeObject) -> None:
    answer = await server.create({**obj, "metadata": {"name": "x.y"}}, dryRun="All")
    server.same(answer.headers.get("warning") or answer.body["message"])
