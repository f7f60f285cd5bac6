"""`holdfast rollouts --metrics` and `holdfast up --metrics` answer monitoring."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.crd.definitions import definitions
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION
from holdfast.runtime.clock import SystemClock
from holdfast.sandbox.server import Sandbox
from tests.child_programs import HOST, free_ports
from tests.e2e.up_process import UpProcess

pytestmark = pytest.mark.real_time


async def answered(url: str) -> str:
    async with ClientSession() as session, asyncio.timeout(30):
        while True:
            try:
                async with session.get(url) as answer:
                    return await answer.text()
            except ClientConnectionError:
                await asyncio.sleep(0.2)


async def test_the_figures_of_rollouts_are_answered_where_it_was_said(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    kubeconfig = tmp_path / "kubeconfig"
    async with Sandbox(None, SystemClock()) as sandbox:
        await sandbox.serve()
        sandbox.write_kubeconfig(kubeconfig)
        cluster = KubeClient(sandbox.transport, user_agent="person")
        for definition in definitions():
            await cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
        words = (
            "rollouts",
            "--kubeconfig",
            str(kubeconfig),
            "--metrics",
            f"{HOST}:{port}",
            "--aws-verify-target-group",
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "holdfast", *words)
        try:
            assert "# TYPE rollout_info gauge" in await answered(f"http://{HOST}:{port}/metrics")
        finally:
            process.terminate()
            await process.wait()


async def test_so_are_they_by_what_brings_everything_up(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    up = UpProcess(tmp_path / "data", "--metrics", f"{HOST}:{port}", "--aws-verify-target-group").start()
    try:
        assert "# TYPE rollout_reconcile histogram" in await answered(f"http://{HOST}:{port}/metrics")
    finally:
        up.stop()
