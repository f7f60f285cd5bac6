"""Measures the memory of the engine without a control plane, on the sandbox: its peak, and what further applications add.

python -m tests.bench.memory [-n 200] [--further 200]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from holdfast.assembly import bootstrap
from holdfast.assembly.places import DataPlace
from holdfast.assembly.sandbox_process import running_sandbox
from holdfast.model.resource_types import APPLICATION, NAMESPACE
from holdfast.ports.cluster import Cluster
from tests.bench.engine import Applications, Engine, Memory, running
from tests.bench.monorepo import NAMESPACE as PLACE
from tests.bench.monorepo import OBJECTS_EACH, Monorepo
from tests.bench.process import own_proportional_bytes, proportional_bytes
from tests.e2e.up_process import is_settled

KIB = 1024
MIB = 1024**2
POLL_SECONDS = 3600
PATIENCE = 600.0


class Taken(Struct, frozen=True):
    """Bytes of the engine with its render workers, proportionally: at rest, and the most since the last look. `alone` is
    the engine without them at rest: they hold no objects, and what they share with others changes by itself."""

    applications: int
    at_rest: int
    peak: int
    alone: int


async def take(cluster: Cluster, engine: Engine, monorepo: Monorepo, counts: Sequence[int]) -> list[Taken]:
    """One engine, which is given more and more applications."""
    memory, applications = Memory(engine), Applications()
    version = await applications.list(cluster)
    helpers = [
        asyncio.create_task(memory.watch()),
        asyncio.create_task(applications.follow(cluster, version)),
    ]
    found: list[Taken] = []
    made = 0
    try:
        with running(engine):
            for count in counts:
                for name in monorepo.names[made:count]:
                    obj = monorepo.application(name)
                    applications.known.setdefault(name, obj)
                    await cluster.create(APPLICATION, obj, field_manager="bench")
                made = count
                await applications.until(is_settled, PATIENCE)
                await engine.until_at_rest(PATIENCE)
                alone = own_proportional_bytes(engine.pid)
                found.append(Taken(count, proportional_bytes(engine.pid), memory.peak(), alone))
    finally:
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
    return found


async def bench(folder: Path, counts: Sequence[int]) -> list[Taken]:
    place = DataPlace(folder / "sandbox")
    place.prepare()
    async with running_sandbox(place, port=0, speed=1.0, secrets_file=None) as (cluster, _, _):
        wanted = bootstrap.foundation("argocd", poll_seconds=POLL_SECONDS)
        await cluster.create(NAMESPACE, {"metadata": {"name": PLACE}}, field_manager="bench")
        await bootstrap.carry_out(cluster, await bootstrap.plan(cluster, wanted), lambda _: None)
        monorepo = Monorepo(folder / "monorepo", counts[-1])
        words = ("controller", "--data", str(folder / "data"), "--poll", str(POLL_SECONDS))
        engine = Engine(place.kubeconfig, folder, *words)
        with running(engine):
            # Once before, so that its modules are compiled.
            await engine.until_at_rest(PATIENCE)
        return await take(cluster, engine, monorepo, counts)


def told(found: Sequence[Taken]) -> str:
    lines = [
        f"{one.applications} applications: {one.at_rest / MIB:.1f} MiB at rest, {one.peak / MIB:.1f} MiB at most, "
        f"{one.alone / MIB:.1f} MiB without the render workers"
        for one in found
    ]
    for before, after in pairwise(found):
        objects = (after.applications - before.applications) * OBJECTS_EACH
        lines.append(f"each further object: {(after.alone - before.alone) / objects / KIB:.1f} KiB at rest")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("-n", type=int, default=200, help="how many applications at first")
    parser.add_argument("--further", type=int, default=200, help="how many more in the second step")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        found = asyncio.run(bench(Path(folder), (options.n, options.n + options.further)))
    sys.stdout.write(told(found))


if __name__ == "__main__":
    main()
