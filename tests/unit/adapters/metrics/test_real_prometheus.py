"""A Prometheus that measures itself; HOLDFAST_PROMETHEUS names the program where it is not on the path."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from holdfast.adapters.metrics.sources import HttpMetricSources
from holdfast.engine.analysis import conditions
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import MetricError, Reading
from tests.unit.adapters.metrics.answers import no_credentials

PROGRAM = os.environ.get("HOLDFAST_PROMETHEUS") or shutil.which("prometheus") or ""
pytestmark = [pytest.mark.real_time, pytest.mark.skipif(not PROGRAM, reason="no prometheus on the path")]


@asynccontextmanager
async def prometheus(folder: Path) -> AsyncIterator[str]:
    """Its address, once it has measured itself."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    jobs = [{"job_name": "self", "static_configs": [{"targets": [place]}]}]
    config = folder / "prometheus.yml"
    config.write_bytes(msgspec.json.encode({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        f"--config.file={config}",
        f"--web.listen-address={place}",
        f"--storage.tsdb.path={folder / 'data'}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while not await _is_up(f"http://{place}"):  # noqa: ASYNC110 - another process tells us nothing
                await asyncio.sleep(0.2)
        yield f"http://{place}"
    finally:
        process.terminate()
        await process.wait()


async def _is_up(address: str) -> bool:
    try:
        return bool(await value(address, 'up{job="self"}') == [1.0])
    except MetricError:
        return False


async def value(address: str, query: str, **more: Any) -> Any:
    sources = HttpMetricSources(no_credentials())
    provider = {"prometheus": {"address": address, "query": query, **more}}
    metric = msgspec.convert({"name": "m", "provider": provider}, Metric)
    try:
        now = datetime.now(UTC)  # noqa: TID251 - it has a clock of its own
        found = await sources.measure(metric, namespace="shop", now=now)
        assert isinstance(found, Reading)
        return found.result
    finally:
        await sources.close()


async def test_queries_of_every_kind_are_answered(tmp_path: Path) -> None:
    async with prometheus(tmp_path) as address:
        assert await value(address, "scalar(vector(3))") == 3.0
        assert await value(address, "vector(0) / 0") != [0.0]
        assert await value(address, "no_such_metric") == []
        wanted = {"start": 'now() - duration("5m")', "end": "now()", "step": "1s"}
        found = await value(address, 'up{job="self"}', rangeQuery=wanted)
        assert found
        assert conditions.holds("all(result, # == 1)", found)
        with pytest.raises(MetricError, match="bad_data"):
            await value(address, "up{")
