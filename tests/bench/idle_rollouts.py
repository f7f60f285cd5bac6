"""Measures what `holdfast rollouts` costs while nothing happens: the share of a core that many healthy Rollouts take.

python -m tests.bench.idle_rollouts [-n 1000] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.crd.definitions import definitions
from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, GROUP, VERSION
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock
from holdfast.sandbox.server import Sandbox
from tests.bench.process import cpu_seconds, proportional_bytes

ROLLOUT = ResourceType(GROUP, VERSION, "Rollout", "rollouts", namespaced=True)
PLACE = "shop"
MOST = 0.01
"""The share of a core that is allowed."""
AT_ONCE = 16
# Pods would be the cluster's work, and are none of what is measured.
REPLICAS = 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def rollout(number: int) -> KubeObject:
    name = f"web-{number:04}"
    steps = [{"setWeight": 10}, {"pause": {"duration": "5m"}}, {"setWeight": 50}, {"pause": {}}]
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": PLACE},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]},
            },
            "strategy": {"canary": {"steps": steps}},
        },
    }


async def prepare(cluster: Cluster, count: int) -> None:
    for definition in definitions():
        await cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="bench")
    place = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}
    await cluster.create(NAMESPACE, place, field_manager="bench")
    while True:
        if (await cluster.discover()).find(ROLLOUT.group_kind) is not None:
            break
        await asyncio.sleep(0.1)
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        await asyncio.gather(*(cluster.create(ROLLOUT, rollout(one), field_manager="bench") for one in numbers))


async def until_healthy(cluster: Cluster, count: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        found = [live.decode() for live in (await cluster.list(ROLLOUT, namespace=PLACE)).items]
        if sum((obj.get("status") or {}).get("phase") == "Healthy" for obj in found) == count:
            return
        if process.poll() is not None:
            raise SystemExit(f"`holdfast rollouts` ended with {process.returncode}")
        await asyncio.sleep(1)


async def until_quiet(process: subprocess.Popen[bytes]) -> None:
    before = cpu_seconds(process.pid)
    while True:
        await asyncio.sleep(3)
        now = cpu_seconds(process.pid)
        if now - before < 0.1:
            return
        before = now


def started(kubeconfig: Path) -> subprocess.Popen[bytes]:
    """The log is of no interest, and a pipe that nobody reads would fill."""
    command = [sys.executable, "-m", "holdfast", "rollouts", "--kubeconfig", str(kubeconfig)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def measure(count: int, seconds: float) -> float:
    """The share of a core over the given time."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        async with Sandbox(None, SystemClock()) as sandbox:
            await sandbox.serve()
            sandbox.write_kubeconfig(kubeconfig)
            cluster = KubeClient(sandbox.transport, user_agent="bench")
            await prepare(cluster, count)
            process = started(kubeconfig)
            try:
                await until_healthy(cluster, count, process)
                say(f"{count} Rollouts are healthy after {cpu_seconds(process.pid):.1f} s of CPU")
                await until_quiet(process)
                began = cpu_seconds(process.pid)
                await asyncio.sleep(seconds)
                used = cpu_seconds(process.pid) - began
                memory = proportional_bytes(process.pid) / 1024 / 1024
            finally:
                process.terminate()
                process.wait()
    say(f"idle: {used:.2f} s of CPU in {seconds:g} s = {used / seconds:.2%} of a core, {memory:.0f} MiB")
    return used / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("-n", type=int, default=1000, help="How many Rollouts.")
    parser.add_argument("--seconds", type=float, default=60.0, help="How long it is watched.")
    options = parser.parse_args()
    share = asyncio.run(measure(options.n, options.seconds))
    if share > MOST:
        say(f"more than {MOST:.0%} of a core")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
