"""What the tests of features run in: each once on the sandbox and once on the real control plane."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest

from tests.cluster.conftest import control_plane as control_plane
from tests.controlplane.server import ControlPlane
from tests.features.house import House
from tests.features.page import Page

REAL = pytest.param("real", marks=[pytest.mark.control_plane, pytest.mark.real_time])


@pytest.fixture(params=["sandbox", REAL])
def house(request: pytest.FixtureRequest) -> House:
    """It is open while the test runs."""
    running: ControlPlane | None = request.getfixturevalue("control_plane") if request.param == "real" else None
    return House(running)


@pytest.fixture
def page(request: pytest.FixtureRequest, house: House) -> Page:
    """The page of the feature that the test shows."""
    marker = request.node.get_closest_marker("feature")
    assert marker is not None, "name the page of the feature: @pytest.mark.feature(slug)"
    return Page(marker.args[0], house.fit)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Opens the house in the event loop of the test."""
    for value in pyfuncitem.funcargs.values():
        if isinstance(value, House):
            pyfuncitem.obj = _opened(pyfuncitem.obj, value)
    return (yield)


def _opened(test: Callable[..., Coroutine[Any, Any, None]], house: House) -> Callable[..., Coroutine[Any, Any, None]]:
    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        async with house:
            await test(*args, **kwargs)

    return run
