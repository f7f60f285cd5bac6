"""The simulators at work on the sandbox's API, in virtual time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject, conditions_of, name_of
from holdfast.ports.cluster import PatchKind
from holdfast.runtime.clock import LoopClock
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.simulators import conditions
from holdfast.sandbox.simulators.start import run_simulators

START = datetime(2026, 1, 1, tzinfo=UTC)
NS = "default"


class Cluster:
    """What a user of the sandbox does, by kind and name."""

    def __init__(self, client: KubeClient) -> None:
        self.client = client
        self.types: dict[str, ResourceType] = {}

    async def discover(self) -> None:
        for served in (await self.client.discover()).types:
            self.types.setdefault(served.kind, served)

    async def create(self, obj: KubeObject) -> KubeObject:
        obj = {**obj, "metadata": {"namespace": NS, **obj["metadata"]}}
        return await self.client.create(self.types[obj["kind"]], obj, field_manager="test")

    async def get(self, kind: str, name: str) -> KubeObject:
        resource = self.types[kind]
        found = await self.client.get(resource, NS if resource.namespaced else "", name)
        assert found is not None, f"{kind} {name} is missing"
        return found

    async def exists(self, kind: str, name: str) -> bool:
        return await self.client.get(self.types[kind], NS, name) is not None

    async def all(self, kind: str) -> list[KubeObject]:
        return [each.decode() for each in (await self.client.list(self.types[kind], namespace=NS)).items]

    async def patch(self, kind: str, name: str, body: dict[str, Any]) -> None:
        await self.client.patch(self.types[kind], NS, name, body, PatchKind.MERGE, field_manager="test")

    async def delete(self, kind: str, name: str) -> None:
        await self.client.delete(self.types[kind], NS, name)

    async def until(self, kind: str, name: str, holds: Callable[[KubeObject], bool], seconds: float = 120) -> float:
        """When it came to hold, on the loop's clock, within half a second."""
        loop = asyncio.get_running_loop()
        last = loop.time() + seconds
        while True:
            found = await self.get(kind, name)
            if holds(found):
                return loop.time()
            assert loop.time() < last, f"not within {seconds} s: {found.get('status')}"
            await asyncio.sleep(0.5)

    async def versions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for resource in self.types.values():
            if resource.verbs >= {"list", "watch"}:
                for each in (await self.client.list(resource)).items:
                    found[str(each.key)] = each.metadata.resource_version
        return found


@contextlib.asynccontextmanager
async def simulated(secrets_file: Path | None = None) -> AsyncIterator[Cluster]:
    clock = LoopClock(START)
    async with Sandbox(None, clock) as sandbox:
        client = KubeClient(sandbox.transport, user_agent="holdfast/test")
        running = asyncio.create_task(run_simulators(client, clock, secrets_file=secrets_file, random=Random(1)))
        cluster = Cluster(client)
        await cluster.discover()
        try:
            yield cluster
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.wait({running})


def workload(
    kind: str, name: str = "web", *, replicas: int | None = None, image: str = "web:1", **more: Any
) -> KubeObject:
    container = {"name": "c", "image": image, **more.pop("container", {})}
    template: dict[str, Any] = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container], **more.pop("pod", {})},
    }
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template, **more}
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


READINESS = {
    "readinessProbe": {"httpGet": {"path": "/health", "port": 80}, "initialDelaySeconds": 30, "periodSeconds": 5}
}


def available(number: int) -> Callable[[KubeObject], bool]:
    def holds(obj: KubeObject) -> bool:
        status = obj.get("status") or {}
        counts = [status.get(field, 0) for field in ("replicas", "updatedReplicas", "availableReplicas")]
        return counts == [number] * 3 and status.get("observedGeneration") == obj["metadata"]["generation"]

    return holds


def progressing(reason: str) -> Callable[[KubeObject], bool]:
    return lambda obj: conditions.find(conditions_of(obj), "Progressing").get("reason") == reason


async def test_a_deployment_becomes_available_after_its_readiness_delay() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=3, container=READINESS))
        at = await cluster.until("Deployment", "web", available(3))
        assert 30 <= at < 45
        found = await cluster.get("Deployment", "web")
        assert conditions.is_true(conditions_of(found), "Available")
        assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
        pods = await cluster.all("Pod")
        assert {pod["spec"]["nodeName"] for pod in pods} == {"holdfast-node"}
        assert len({pod["status"]["podIP"] for pod in pods}) == 3


async def test_a_bad_image_stops_the_roll_out_and_the_old_pods_serve_on() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=2, progressDeadlineSeconds=60))
        await cluster.until("Deployment", "web", available(2))
        bad = workload("Deployment", image="web:image-pull-error")["spec"]["template"]
        await cluster.patch("Deployment", "web", {"spec": {"template": bad}})
        await cluster.until("Deployment", "web", progressing("ProgressDeadlineExceeded"))
        found = await cluster.get("Deployment", "web")
        assert found["status"]["availableReplicas"] == 2
        assert found["status"]["updatedReplicas"] == 1
        reasons = {
            next(iter(pod["status"]["containerStatuses"][0]["state"].values())).get("reason")
            for pod in await cluster.all("Pod")
        }
        assert "ImagePullBackOff" in reasons
        good = workload("Deployment", image="web:2")["spec"]["template"]
        await cluster.patch("Deployment", "web", {"spec": {"template": good}})
        await cluster.until("Deployment", "web", available(2))
        await cluster.until("Deployment", "web", progressing("NewReplicaSetAvailable"))


async def test_scaling_down_ends_pods_and_deletion_ends_everything() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=5))
        await cluster.until("Deployment", "web", available(5))
        await cluster.patch("Deployment", "web", {"spec": {"replicas": 2}})
        await cluster.until("Deployment", "web", available(2))
        await asyncio.sleep(5)
        assert len(await cluster.all("Pod")) == 2
        await cluster.delete("Deployment", "web")
        await asyncio.sleep(10)
        assert await cluster.all("ReplicaSet") == []
        assert await cluster.all("Pod") == []


async def test_a_pod_deleted_by_hand_is_replaced() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=2))
        await cluster.until("Deployment", "web", available(2))
        victim = name_of((await cluster.all("Pod"))[0])
        await cluster.delete("Pod", victim)
        await asyncio.sleep(5)
        assert not await cluster.exists("Pod", victim)
        await cluster.until("Deployment", "web", available(2))


async def test_a_crash_loop_shows_in_the_pods() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=1, image="web:crash-loop"))
        await asyncio.sleep(60)
        [pod] = await cluster.all("Pod")
        [status] = pod["status"]["containerStatuses"]
        assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert status["restartCount"] == 2
        assert "availableReplicas" not in (await cluster.get("Deployment", "web"))["status"]


async def test_a_stateful_set_starts_in_order_with_bound_claims() -> None:
    async with simulated() as cluster:
        claim = {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
        await cluster.create(
            workload(
                "StatefulSet", "db", replicas=3, serviceName="db", volumeClaimTemplates=[claim], container=READINESS
            )
        )
        at = await cluster.until("StatefulSet", "db", available(3), 300)
        assert at >= 90
        began = [(await cluster.get("Pod", f"db-{n}"))["status"]["startTime"] for n in range(3)]
        assert began == sorted(set(began))
        assert (await cluster.get("PersistentVolumeClaim", "data-db-2"))["status"]["phase"] == "Bound"
        await cluster.patch("StatefulSet", "db", {"spec": {"replicas": 1}})
        await asyncio.sleep(10)
        assert [name_of(pod) for pod in await cluster.all("Pod")] == ["db-0"]


async def test_a_daemon_set_runs_on_the_node() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("DaemonSet", "agent"))
        await cluster.until("DaemonSet", "agent", lambda obj: (obj.get("status") or {}).get("numberAvailable") == 1)
        await cluster.patch("DaemonSet", "agent", {"spec": {"template": {"metadata": {"labels": {"v": "2"}}}}})
        await asyncio.sleep(10)
        await cluster.until("DaemonSet", "agent", lambda obj: obj["status"].get("updatedNumberScheduled") == 1)


def batch_job(name: str, behaviour: str = "", **spec: Any) -> KubeObject:
    metadata = {"annotations": {"sandbox.holdfast.dev/behaviour": behaviour}} if behaviour else {}
    template = {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template, **spec}}


def has(condition: str) -> Callable[[KubeObject], bool]:
    return lambda obj: conditions.is_true(conditions_of(obj), condition)


async def test_jobs_complete_fail_and_go() -> None:
    async with simulated() as cluster:
        await cluster.create(batch_job("good", completions=3, parallelism=2, ttlSecondsAfterFinished=60))
        await cluster.create(batch_job("bad", "fail", backoffLimit=1))
        await cluster.until("Job", "good", has("Complete"))
        assert (await cluster.get("Job", "good"))["status"]["succeeded"] == 3
        await cluster.until("Job", "bad", has("Failed"))
        assert (await cluster.get("Job", "bad"))["status"]["failed"] == 2
        await asyncio.sleep(60)
        assert not await cluster.exists("Job", "good")


async def test_a_cron_job_starts_a_job_a_time_and_keeps_few() -> None:
    async with simulated() as cluster:
        spec = {
            "schedule": "*/5 * * * *",
            "successfulJobsHistoryLimit": 2,
            "jobTemplate": {"spec": batch_job("x")["spec"]},
        }
        await cluster.create({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"}, "spec": spec})
        await asyncio.sleep(26 * 60)
        jobs = await cluster.all("Job")
        assert len(jobs) == 2
        assert all(conditions.is_true(conditions_of(job), "Complete") for job in jobs)
        assert (await cluster.get("CronJob", "tick"))["status"]["lastScheduleTime"] == "2026-01-01T00:25:00Z"


async def test_a_service_publishes_its_ready_pods() -> None:
    async with simulated() as cluster:
        ports = [{"name": "http", "port": 80}]
        service = {"selector": {"app": "web"}, "ports": ports, "type": "LoadBalancer"}
        await cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service})
        await cluster.create(workload("Deployment", replicas=2))
        await cluster.until("Deployment", "web", available(2))
        await asyncio.sleep(1)
        [slice_] = await cluster.all("EndpointSlice")
        assert [each["conditions"]["ready"] for each in slice_["endpoints"]] == [True, True]
        assert len((await cluster.get("Endpoints", "web"))["subsets"][0]["addresses"]) == 2
        assert (await cluster.get("Service", "web"))["status"]["loadBalancer"]["ingress"]


def autoscaler(low: int) -> KubeObject:
    target = {"type": "Utilization", "averageUtilization": 50}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": low,
        "maxReplicas": 5,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }


async def test_an_autoscaler_moves_its_target_into_the_limits() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=1))
        await cluster.create(autoscaler(3))
        await cluster.until("Deployment", "web", available(3))
        await cluster.until("HorizontalPodAutoscaler", "web", lambda obj: obj["status"]["currentReplicas"] == 3)


def definition(group: str, version: str, kind: str) -> KubeObject:
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    served = {"name": version, "served": True, "storage": True, "schema": schema, "subresources": {"status": {}}}
    spec = {
        "group": group,
        "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
        "scope": "Namespaced",
        "versions": [served],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "namespace": ""},
        "spec": spec,
    }


async def test_a_scaled_object_gets_its_autoscaler_once_its_kind_is_defined() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=1))
        await cluster.create(definition("keda.sh", "v1alpha1", "ScaledObject"))
        await asyncio.sleep(2)
        await cluster.discover()
        spec = {
            "scaleTargetRef": {"name": "web"},
            "minReplicaCount": 2,
            "triggers": [{"type": "cpu", "metadata": {"value": "50"}}],
        }
        scaled = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web"}, "spec": spec}
        await cluster.create(scaled)
        await cluster.until("ScaledObject", "web", has("Ready"))
        await cluster.until("Deployment", "web", available(2))
        assert (await cluster.get("HorizontalPodAutoscaler", "keda-hpa-web"))["spec"]["minReplicas"] == 2
        await cluster.patch(
            "ScaledObject", "web", {"metadata": {"annotations": {"autoscaling.keda.sh/paused": "true"}}}
        )
        await asyncio.sleep(5)
        assert not await cluster.exists("HorizontalPodAutoscaler", "keda-hpa-web")


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_an_external_secret_gets_its_secret_from_the_cloud(tmp_path: Path, version: str) -> None:
    file = tmp_path / "secrets.yaml"
    file.write_text("redis: {password: old}\n")
    async with simulated(file) as cluster:
        await cluster.create(definition("external-secrets.io", version, "ExternalSecret"))
        await asyncio.sleep(2)
        await cluster.discover()
        data = [{"secretKey": "pw", "remoteRef": {"key": "redis", "property": "password"}}]
        external = {
            "apiVersion": f"external-secrets.io/{version}",
            "kind": "ExternalSecret",
            "metadata": {"name": "redis"},
            "spec": {"refreshInterval": "10m", "data": data},
        }
        await cluster.create(external)
        await cluster.until("ExternalSecret", "redis", has("Ready"))

        async def password() -> str:
            return base64.b64decode((await cluster.get("Secret", "redis"))["data"]["pw"]).decode()

        assert await password() == "old"
        await cluster.patch("Secret", "redis", {"data": {"pw": base64.b64encode(b"by hand").decode()}})
        await asyncio.sleep(5)
        assert await password() == "old"
        file.write_text("redis: {password: new}\n")
        await asyncio.sleep(600)
        assert await password() == "new"
        file.write_text("{}\n")
        await asyncio.sleep(600)
        [ready] = conditions_of(await cluster.get("ExternalSecret", "redis"))
        assert (ready["reason"], ready["message"].rpartition(": ")[2]) == (
            "SecretSyncedError",
            "secret redis does not exist",
        )


async def test_a_cluster_at_rest_writes_nothing() -> None:
    async with simulated() as cluster:
        await cluster.create(workload("Deployment", replicas=2, container=READINESS))
        await cluster.create(workload("StatefulSet", "db", replicas=2, serviceName="db"))
        await cluster.create(workload("DaemonSet", "agent"))
        await cluster.create(batch_job("done"))
        await cluster.create(autoscaler(2))
        service = {"selector": {"app": "web"}, "ports": [{"port": 80}], "type": "LoadBalancer"}
        await cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service})
        await asyncio.sleep(120)
        before = await cluster.versions()
        assert len(before) > 15
        await asyncio.sleep(600)
        assert await cluster.versions() == before
