"""The services of the example are released, fail their trial and go back, as their developers see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli.rollout.rollouts import ROLLOUT
from holdfast.model.kube import KubeObject
from holdfast.ports.cluster import Cluster
from holdfast.testing.rollout_plans import VIRTUAL_SERVICE
from tests.e2e.up_process import SERVICE, UpProcess, WorkingCopy, is_settled

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(240), pytest.mark.xdist_group("up")]
BAD = "fail-jobs"
"""Serves, and fails the trial of helm/templates/smoke.yaml."""


class Service:
    """One service of the example and its developer."""

    def __init__(self, up: UpProcess, name: str, folder: Path) -> None:
        self.up = up
        self.name = name
        self.copy = WorkingCopy(up.data / "repositories" / f"{name}.git", folder)

    @property
    def values(self) -> Path:
        return self.copy.folder / "helm" / "values.yaml"

    def release(self, tag: str) -> None:
        self.values.write_text(re.sub(r'tag: ".*"', f'tag: "{tag}"', self.values.read_text()))
        self.copy.push(f"Release {tag}")
        self.up.refresh(self.name)

    def application_that_is(self, health: str) -> KubeObject:
        def is_so(app: KubeObject) -> bool:
            return bool(((app.get("status") or {}).get("health") or {}).get("status") == health)

        return self.up.application_that(self.name, is_so, health, 90)

    def rollout_that(self, is_as_wished: Callable[[KubeObject], bool], wanted: str) -> KubeObject:
        async def ask(cluster: Cluster) -> KubeObject | None:
            rollout = await cluster.get(ROLLOUT, self.name, self.name)
            return rollout if rollout is not None and is_as_wished(rollout) else None

        return self.up.eventually(ask, f"a Rollout that {wanted}", 90)

    def promote_at(self, step: int) -> None:
        """Without waiting for the pause to end by itself."""

        def is_there(rollout: KubeObject) -> bool:
            status = rollout.get("status") or {}
            return bool(status.get("currentStepIndex") == step and status.get("pauseConditions"))

        self.rollout_that(is_there, f"pauses at step {step}")
        self.promote()

    def promote(self) -> None:
        promoted = self.up.holdfast("rollout", "promote", f"{self.name}/{self.name}")
        assert promoted.returncode == 0, promoted.stderr

    def runs(self, tag: str) -> None:
        """Everywhere, and the Application is content."""
        self.rollout_that(lambda rollout: _image(rollout).endswith(f":{tag}") and _is_healthy(rollout), f"runs {tag}")
        self.up.application_that(self.name, is_settled, "Synced and Healthy", 90)

    def weights(self) -> dict[str, int]:
        """Of the VirtualService, by the first part of each host."""

        async def ask(cluster: Cluster) -> dict[str, int]:
            found = await cluster.get(VIRTUAL_SERVICE, self.name, self.name)
            assert found is not None
            routes: list[dict[str, Any]] = found["spec"]["http"][0]["route"]
            return {route["destination"]["host"].partition(".")[0]: route["weight"] for route in routes}

        return self.up.run(ask)

    def led_to(self, service: str) -> str:
        """The hash of the pods to which the Kubernetes Service leads."""

        async def ask(cluster: Cluster) -> str:
            found = await cluster.get(SERVICE, self.name, service)
            assert found is not None
            return str(found["spec"]["selector"]["rollouts-pod-template-hash"])

        return self.up.run(ask)


def _image(rollout: KubeObject) -> str:
    return str(rollout["spec"]["template"]["spec"]["containers"][0]["image"])


def _is_healthy(rollout: KubeObject) -> bool:
    status = rollout.get("status") or {}
    observed = str(status.get("observedGeneration")) == str(rollout["metadata"]["generation"])
    return observed and status.get("phase") == "Healthy"


def test_a_canary_is_released_and_a_bad_one_goes_back_by_itself(up: UpProcess, tmp_path: Path) -> None:
    service = Service(up, "microservice-communication", tmp_path / "copy")
    service.application_that_is("Healthy")
    service.release("2.2.0")
    service.promote_at(2)
    service.promote_at(4)
    service.runs("2.2.0")

    service.release(BAD)
    app = service.application_that_is("Degraded")
    weights = service.weights()
    shown = up.holdfast("rollout", "get", f"{service.name}/{service.name}").stdout

    assert app["status"]["sync"]["status"] == "Synced"
    assert weights == {"microservice-communication": 100, "microservice-communication-canary": 0}
    assert "smoke" in shown
    assert "✖" in shown or "Failed" in shown

    service.release("2.2.0")
    service.runs("2.2.0")


def test_a_blue_green_release_waits_for_a_person_and_a_bad_one_never_takes_over(up: UpProcess, tmp_path: Path) -> None:
    service = Service(up, "microservice-search", tmp_path / "copy")
    service.application_that_is("Healthy")
    before = service.led_to(service.name)
    service.release("1.0.0")
    service.application_that_is("Suspended")

    assert service.led_to(service.name) == before
    assert service.led_to(f"{service.name}-preview") != before

    service.promote()
    service.runs("1.0.0")
    good = service.led_to(service.name)
    assert good != before

    service.release(BAD)
    service.application_that_is("Degraded")
    assert service.led_to(service.name) == good

    service.release("1.0.0")
    service.runs("1.0.0")
