"""Measures what `holdfast rollouts` costs on a real control plane with many Rollouts, their Pods and routers, most of the time
while nothing happens; prints a table in Markdown. Ends with 1 where an idle minute takes more of a core than is allowed.

python -m tests.bench.rollouts [-n 1000] [--write docs/bench-rollouts.md]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.crd.definitions import definitions
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.runtime.clock import ScaledClock
from holdfast.sandbox.simulators.start import run_simulators
from holdfast.testing.builders import resource
from tests.bench import report
from tests.bench.engine import AuditLog, Engine, Measured, Memory, running
from tests.bench.floor import bare_cluster
from tests.cluster.node import REAL, SPEED
from tests.controlplane.server import CONTROLLERS, ControlPlane

ROLLOUT = resource(API_VERSION, "Rollout")
SERVICE = resource("v1", "Service")
VIRTUAL_SERVICE = resource("networking.istio.io/v1", "VirtualService")
ISTIO = Path(__file__).resolve().parents[2] / "examples" / "crds" / "istio.yaml"
PLACE = "shop"
PODS = 2
"""Of each Rollout."""
ROUTED = 4
"""Each of so many Rollouts has a VirtualService and two Services."""
RELEASED = 10
"""Each of so many Rollouts is released once."""
MOST = 0.01
"""The share of a core that an idle minute may take."""
IDLE_SECONDS = 60.0
AT_ONCE = 16
LOOK_SECONDS = 2.0
# The controller manager lets itself ask 20 times a second: thousands of Pods would wait for that.
UNTHROTTLED = ("--kube-api-qps=2000", "--kube-api-burst=4000")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def rollout(number: int) -> KubeObject:
    name = name_of(number)
    canary: KubeObject = {"steps": [{"setWeight": 50}, {"pause": {}}, {"setWeight": 100}]}
    if number % ROUTED == 0:
        canary |= {
            "stableService": f"{name}-stable",
            "canaryService": f"{name}-canary",
            "trafficRouting": {"istio": {"virtualService": {"name": name}}},
        }
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": PLACE},
        "spec": {
            "replicas": PODS,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, 1),
            "strategy": {"canary": canary},
        },
    }


def name_of(number: int) -> str:
    return f"web-{number:04}"


def template(name: str, tag: int) -> KubeObject:
    container = {
        "name": "web",
        "image": f"registry.example.com/web:{tag}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}


def routing(number: int) -> Iterator[KubeObject]:
    """What carries the traffic of a Rollout that has a router."""
    name = name_of(number)
    for service in (f"{name}-stable", f"{name}-canary"):
        spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": service, "namespace": PLACE}, "spec": spec}
    route = [
        {"destination": {"host": f"{name}-stable"}, "weight": 100},
        {"destination": {"host": f"{name}-canary"}, "weight": 0},
    ]
    yield {
        "apiVersion": VIRTUAL_SERVICE.api_version,
        "kind": VIRTUAL_SERVICE.kind,
        "metadata": {"name": name, "namespace": PLACE},
        "spec": {"hosts": [name], "http": [{"name": "primary", "route": route}]},
    }


class Bench:
    """One run of all measurements, in their order."""

    def __init__(self, cluster: Cluster, count: int, engine: Engine, audit: AuditLog) -> None:
        self.rows: list[Measured] = []
        self.idle_shares: list[float] = []
        self._cluster = cluster
        self._count = count
        self._engine = engine
        self._audit = audit
        self._memory = Memory(engine)
        self._patience = 120 + 1.0 * count

    async def run(self) -> None:
        with running(self._engine):
            # Once before, so that its modules are compiled.
            await self._engine.until_at_rest(self._patience)
        await self._make()
        watching = asyncio.create_task(self._memory.watch())
        released = range(0, self._count, RELEASED)
        paused = {"Healthy": self._count - len(released), "Paused": len(released)}
        try:
            with running(self._engine):
                await self._measure(f"{self._count} first deployments", self._until({"Healthy": self._count}))
                await self._idle("idle minute")
                await self._release(released)
                await self._measure(f"{len(released)} releases up to their pause", self._until(paused))
                await self._idle(f"idle minute, {len(released)} releases in their pause")
            self._audit.requests()
            with running(self._engine):
                await self._restart()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _make(self) -> None:
        for number in range(0, self._count, ROUTED):
            for obj in routing(number):
                kind = SERVICE if obj["kind"] == "Service" else VIRTUAL_SERVICE
                await self._cluster.create(kind, obj, field_manager="bench")
        left = iter(range(self._count))

        async def work() -> None:
            for number in left:
                await self._cluster.create(ROLLOUT, rollout(number), field_manager="bench")

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        self._audit.requests()

    async def _release(self, numbers: range) -> None:
        for number in numbers:
            name = name_of(number)
            body = {"spec": {"template": template(name, 2)}}
            await self._cluster.patch(ROLLOUT, PLACE, name, body, PatchKind.MERGE, field_manager="bench")

    async def _measure(self, what: str, done: Awaitable[None]) -> None:
        """Until it is done; the CPU and requests until the engine is at rest."""
        before, began = self._engine.cpu(), time.monotonic()
        await done
        took = time.monotonic() - began
        await self._engine.until_at_rest(self._patience)
        self._row(Measured(what, took, self._engine.cpu() - before))

    async def _restart(self) -> None:
        began = time.monotonic()
        rest = await self._engine.until_at_rest(self._patience)
        self._row(Measured("restart", rest - began, self._engine.cpu()))

    async def _idle(self, what: str) -> None:
        before = self._engine.cpu()
        await asyncio.sleep(IDLE_SECONDS)
        used = self._engine.cpu() - before
        self.idle_shares.append(used / IDLE_SECONDS)
        self._row(Measured(what, IDLE_SECONDS, used))

    async def _until(self, phases: dict[str, int]) -> None:
        """So many Rollouts are in each phase, of the spec that they have now."""
        async with asyncio.timeout(self._patience):
            while True:
                found = [live.decode() for live in (await self._cluster.list(ROLLOUT, namespace=PLACE)).items]
                if Counter(map(phase_of, found)) == phases:
                    return
                if self._engine.has_ended:
                    raise SystemExit(f"`holdfast rollouts` has ended: {self._engine.log.read_text()[-2000:]}")
                await asyncio.sleep(LOOK_SECONDS)

    def _row(self, row: Measured) -> None:
        row.memory, row.requests = self._memory.peak(), self._audit.requests()
        self.rows.append(row)
        say(f"{row.what}: {row.seconds:.2f} s, {row.cpu_seconds:.2f} CPU s, {row.requests.total()} requests")
        for what, count in row.requests.most_common(12):
            say(f"  {count:6} {what}")


def phase_of(obj: KubeObject) -> str:
    status = obj.get("status") or {}
    is_seen = status.get("observedGeneration") == str(obj["metadata"]["generation"])
    return str(status.get("phase") or "") if is_seen else ""


async def prepare(cluster: Cluster) -> None:
    ours = [one for one in definitions() if one["spec"]["group"] == ROLLOUT.group]
    istio = [one for one in load_all(ISTIO.read_text(encoding="utf-8")) if isinstance(one, dict)]
    for definition in (*ours, *istio):
        await cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="bench")
    await cluster.create(NAMESPACE, {"metadata": {"name": PLACE}}, field_manager="bench")
    kinds = (ROLLOUT.group_kind, VIRTUAL_SERVICE.group_kind)
    while not all(map((await cluster.discover()).find, kinds)):  # noqa: ASYNC110 - the server says it only when asked
        await asyncio.sleep(0.1)


async def bench(count: int, folder: Path) -> Bench:
    audit = AuditLog(folder / "audit.log")
    controllers = f"{CONTROLLERS},-horizontal-pod-autoscaler-controller"
    flags = audit.flags(folder / "audit-policy")
    with ControlPlane(controllers=controllers, flags=flags, manager_flags=UNTHROTTLED) as plane:
        async with bare_cluster(plane.kubeconfig) as cluster:
            await prepare(cluster)
            pretended = run_simulators(cluster, ScaledClock(SPEED), secrets_file=None, random=Random(), left_out=REAL)
            node = asyncio.create_task(pretended, name="node")
            try:
                run = Bench(cluster, count, Engine(plane.kubeconfig, folder, "rollouts"), audit)
                await run.run()
                return run
            finally:
                node.cancel()
                with suppress(asyncio.CancelledError):
                    await node


def page(count: int, rows: list[Measured]) -> str:
    lines = [
        f"# {count} Rollouts",
        "",
        f"Written by `make bench-rollouts N={count}`: {count} Rollouts with {PODS} pods each, every {ROUTED}th with two Services and a",
        "VirtualService, on a real Kubernetes control plane on the same machine; its controller manager makes the Pods, a pretended",
        "node has them serve. CPU and memory (proportional set size) are those of `holdfast rollouts`, which has been started once",
        "before, so that its modules are compiled. What is not idle is measured until nothing happens any more; its wall time ends",
        "with the last Rollout that is as it shall be.",
        "",
        *report.table(rows),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("-n", type=int, default=1000, help="how many Rollouts")
    parser.add_argument("--write", type=Path, help="the page to write the table into")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        run = asyncio.run(bench(options.n, Path(folder)))
    text = page(options.n, run.rows)
    sys.stdout.write(text)
    if options.write:
        options.write.write_text(text)
    if max(run.idle_shares) > MOST:
        say(f"an idle minute takes {max(run.idle_shares):.2%} of a core, more than {MOST:.0%}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
