"""Sources of charts below the test's own folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.charts.limits import ChartLimits
from holdfast.adapters.charts.sources import ChartSources
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.ports.sign_in import SignIn, as_it_is
from holdfast.runtime.clock import SystemClock

OpenSources = Callable[..., AbstractAsyncContextManager[ChartSources]]


@pytest.fixture
def chart_sources(tmp_path: Path) -> OpenSources:
    """Opens the port; the arguments are limits."""

    @asynccontextmanager
    async def opened(sign_in: SignIn = as_it_is, **limits: Any) -> AsyncIterator[ChartSources]:
        bounds = ChartLimits(**{"share_seconds": 0.0, "seconds": 10.0, **limits})
        sources = ChartSources(
            tmp_path / "charts", clock=SystemClock(), open_tree=open_local_tree, limits=bounds, sign_in=sign_in
        )
        try:
            yield sources
        finally:
            await sources.close()

    return opened
