"""Measures the engine on a generated monorepo against the real control plane, and prints a table in Markdown.

python -m tests.bench [-n 200] [--write docs/bench.md]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import msgspec

from holdfast.assembly import bootstrap
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, NAMESPACE
from holdfast.ports.cluster import Cluster, PatchKind, WatchEvent
from tests.bench import report
from tests.bench.engine import (
    CHANGES,
    POLL_SECONDS,
    WRITES,
    Applications,
    AuditLog,
    Engine,
    Measured,
    Memory,
    is_settled_at,
    running,
)
from tests.bench.floor import Cost, bare_cluster
from tests.bench.monorepo import NAMESPACE as PLACE
from tests.bench.monorepo import Monorepo
from tests.controlplane.server import CONTROLLERS, ControlPlane
from tests.e2e.up_process import is_settled

IDLE_SECONDS = 60.0
FLOOR = "floor"
"""The namespace of the bare client."""
REFRESH = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
AT_ONCE = 16
# The controller manager lets itself ask 20 times a second: hundreds of Deployments would wait for that, not for the engine.
UNTHROTTLED = ("--kube-api-qps=2000", "--kube-api-burst=4000")


class Bench:
    """One run of all measurements, in their order."""

    def __init__(self, cluster: Cluster, kubeconfig: Path, monorepo: Monorepo, engine: Engine, audit: AuditLog) -> None:
        self.rows: list[Measured] = []
        self._cluster = cluster
        self._kubeconfig = kubeconfig
        self._monorepo = monorepo
        self._engine = engine
        self._audit = audit
        self._memory = Memory(engine)
        self._patience = 120 + 1.0 * len(monorepo.names)
        self.applications = Applications()

    async def run(self) -> None:
        with running(self._engine):
            await self._engine.until_at_rest(self._patience)
        writing, changing = await self._floors()
        self.rows.append(writing)
        await self._make_applications()
        helpers = [asyncio.create_task(self._memory.watch())]
        version = await self.applications.list(self._cluster)
        helpers.append(asyncio.create_task(self.applications.follow(self._cluster, version)))
        try:
            with running(self._engine):
                await self._first_sync({WRITES: writing.seconds})
                await self._idle_minute()
                await self._commit_to_one()
                await self._commit_to_chart({WRITES: writing.seconds, CHANGES: changing.seconds})
            self.rows.append(changing)
            with running(self._engine):
                await self._restart()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _floors(self) -> tuple[Measured, Measured]:
        """What writing and changing the objects costs at least. They are gone again before the engine starts: it watches the
        whole cluster."""
        writing = self._floor("floor: a bare client writes the objects")
        self._monorepo.change_chart()
        changing = self._floor("floor: a bare client changes the objects")
        self._monorepo.restore_chart()
        await self._cluster.delete(NAMESPACE, "", FLOOR)
        async with asyncio.timeout(self._patience):
            while await self._cluster.get(NAMESPACE, "", FLOOR) is not None:  # noqa: ASYNC110 - asked now and then is enough
                await asyncio.sleep(0.5)
        return writing, changing

    def _floor(self, what: str) -> Measured:
        command = [
            sys.executable,
            "-m",
            "tests.bench.floor",
            str(self._kubeconfig),
            str(self._monorepo.folder),
            FLOOR,
        ]
        cost = msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout, type=Cost)
        measured = Measured(what, cost.seconds, cost.cpu_seconds, requests=Counter({"patch objects": cost.objects}))
        self._say(measured)
        return measured

    async def _make_applications(self) -> None:
        left = iter(self._monorepo.names)

        async def work() -> None:
            for name in left:
                await self._cluster.create(APPLICATION, self._monorepo.application(name), field_manager="bench")

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        self._audit.requests()

    async def _first_sync(self, floors: dict[str, float]) -> None:
        began = time.monotonic()
        await self.applications.until(is_settled, self._patience)
        took = time.monotonic() - began
        await self._engine.until_at_rest(self._patience)
        self._row(Measured("first sync", took, self._engine.cpu(), floors=floors))

    async def _idle_minute(self) -> None:
        await asyncio.sleep(POLL_SECONDS)
        self._forget()
        before = self._engine.cpu()
        await asyncio.sleep(IDLE_SECONDS)
        self._row(Measured("idle minute", IDLE_SECONDS, self._engine.cpu() - before))

    async def _commit_to_one(self) -> None:
        """Until the object has changed; the CPU and requests until every application has been polled."""
        name = self._monorepo.names[len(self._monorepo.names) // 2]
        self._monorepo.change_one(name)
        listed = await self._cluster.list(CONFIG_MAP, namespace=PLACE)
        changes = cast(
            "AsyncGenerator[WatchEvent, None]",
            self._cluster.watch(CONFIG_MAP, resource_version=listed.resource_version, namespace=PLACE),
        )
        before, began = self._engine.cpu(), time.monotonic()
        await self._refresh(name)
        async with aclosing(changes):
            async for change in changes:
                if change.obj.metadata.name == name and change.obj.decode()["data"]["note"] == "two":
                    break
        took = time.monotonic() - began
        await asyncio.sleep(POLL_SECONDS + 5)
        self._row(Measured("commit to one application", took, self._engine.cpu() - before))

    async def _commit_to_chart(self, floors: dict[str, float]) -> None:
        """All of it is seen by one poll, which a refresh brings about."""
        commit = self._monorepo.change_chart()
        before, began = self._engine.cpu(), time.monotonic()
        await self._refresh(self._monorepo.names[0])
        await self.applications.until(is_settled_at(commit), self._patience)
        took = time.monotonic() - began
        await self._engine.until_at_rest(self._patience)
        self._row(Measured("commit to the shared chart", took, self._engine.cpu() - before, floors=floors))

    async def _restart(self) -> None:
        began = time.monotonic()
        rest = await self._engine.until_at_rest(self._patience)
        self._row(Measured("restart", rest - began, self._engine.cpu()))

    async def _refresh(self, name: str) -> None:
        await self._cluster.patch(APPLICATION, "argocd", name, REFRESH, PatchKind.MERGE, field_manager="bench")

    def _forget(self) -> None:
        self._audit.requests()
        self._memory.peak()

    def _row(self, row: Measured) -> None:
        row.memory = self._memory.peak()
        row.requests = self._audit.requests()
        self.rows.append(row)
        self._say(row)

    def _say(self, row: Measured) -> None:
        sys.stderr.write(
            f"{row.what}: {row.seconds:.2f} s, {row.cpu_seconds:.2f} CPU s, {row.requests.total()} requests\n"
        )
        sys.stderr.write("".join(f"  {count:6} {what}\n" for what, count in row.requests.most_common(12)))
        sys.stderr.flush()


async def bench(count: int, folder: Path) -> list[Measured]:
    audit = AuditLog(folder / "audit.log")
    controllers = f"{CONTROLLERS},-horizontal-pod-autoscaler-controller"
    flags = audit.flags(folder / "audit-policy")
    with ControlPlane(controllers=controllers, flags=flags, manager_flags=UNTHROTTLED) as plane:
        async with bare_cluster(plane.kubeconfig) as cluster:
            wanted = [*bootstrap.foundation("argocd", poll_seconds=POLL_SECONDS)]
            for name in (PLACE, FLOOR):
                await cluster.create(NAMESPACE, {"metadata": {"name": name}}, field_manager="bench")
            await bootstrap.carry_out(cluster, await bootstrap.plan(cluster, wanted), lambda _: None)
            monorepo = Monorepo(folder / "monorepo", count)
            words = ("controller", "--data", str(folder / "data"), "--poll", str(POLL_SECONDS))
            run = Bench(cluster, plane.kubeconfig, monorepo, Engine(plane.kubeconfig, folder, *words), audit)
            await run.run()
            return run.rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="how many applications")
    parser.add_argument("--write", type=Path, help="the page to write the table into")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        page = report.page(options.n, asyncio.run(bench(options.n, folder)))
    sys.stdout.write(page)
    if options.write:
        options.write.write_text(page)


if __name__ == "__main__":
    main()
