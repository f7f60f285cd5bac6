"""`holdfast rollouts --metric-plugins`: a program beside the controller measures for an AnalysisRun."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.crd.definitions import definitions
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION
from holdfast.runtime.clock import SystemClock
from holdfast.sandbox.server import Sandbox
from holdfast.testing.builders import resource

pytestmark = pytest.mark.real_time

ANALYSIS_RUN = resource(API_VERSION, "AnalysisRun")
PROGRAM = """
import json, sys
asked = json.load(sys.stdin)
if asked["status"] is None:
    print(json.dumps({"phase": "Running", "requeueAfter": "1s", "status": {"begun": True}}))
else:
    print(json.dumps({"value": asked["config"]["rate"]}))
"""


async def served(cluster: KubeClient) -> None:
    async with asyncio.timeout(60):
        while True:
            if (await cluster.discover()).find(ANALYSIS_RUN.group_kind) is not None:
                return
            await asyncio.sleep(0.1)


async def ended(cluster: KubeClient, name: str) -> KubeObject:
    async with asyncio.timeout(60):
        while True:
            found = await cluster.get(ANALYSIS_RUN, "default", name)
            if found is not None and (found.get("status") or {}).get("completedAt"):
                return found
            await asyncio.sleep(0.2)


async def test_its_value_is_judged_by_the_conditions_of_the_metric(tmp_path: Path) -> None:
    program = tmp_path / "plugins" / "acme" / "rate"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{sys.executable}\n{PROGRAM}")
    program.chmod(0o755)
    kubeconfig = tmp_path / "kubeconfig"
    metric = {
        "name": "rate",
        "successCondition": "result < 0.05",
        "provider": {"plugin": {"acme/rate": {"rate": 0.01}}},
    }
    run = {"apiVersion": API_VERSION, "kind": "AnalysisRun", "metadata": {"name": "trial", "namespace": "default"}}
    async with Sandbox(None, SystemClock()) as sandbox:
        await sandbox.serve()
        sandbox.write_kubeconfig(kubeconfig)
        cluster = KubeClient(sandbox.transport, user_agent="person")
        for definition in definitions():
            await cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
        words = ("rollouts", "--kubeconfig", str(kubeconfig), "--metric-plugins", str(tmp_path / "plugins"))
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "holdfast", *words)
        try:
            await served(cluster)
            await cluster.create(ANALYSIS_RUN, {**run, "spec": {"metrics": [metric]}}, field_manager="person")
            status = (await ended(cluster, "trial"))["status"]
        finally:
            process.terminate()
            await process.wait()
    assert status["phase"] == "Successful"
    (measurement,) = status["metricResults"][0]["measurements"]
    assert measurement["value"] == "0.01"
