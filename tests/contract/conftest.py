"""What the contract tests run against: each test once on the sandbox and once on the real control plane."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.sandbox.storage import HISTORY_LENGTH
from tests.contract.differences import DIFFERENCES
from tests.contract.recordings import Recording
from tests.contract.servers import SMALL_HISTORY, Server
from tests.controlplane import build
from tests.controlplane.server import ControlPlane

# What the sandbox has of a controller manager; the others would change what a test has just written.
CONTROLLERS = "garbage-collector-controller,namespace-controller,serviceaccount-controller,root-ca-certificate-publisher-controller"
FOLDER = Path(__file__).resolve().parent
REAL = pytest.param("real", marks=[pytest.mark.control_plane, pytest.mark.real_time])


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """A real control plane with the controllers that the sandbox has too."""
    _need_binary()
    with ControlPlane(controllers=CONTROLLERS) as running:
        yield running


@pytest.fixture(scope="session")
def forgetful_control_plane() -> Iterator[ControlPlane]:
    """One that reads from etcd alone, so that it has lost what etcd has compacted."""
    _need_binary()
    with ControlPlane(controller_manager=False, flags=["--watch-cache=false"]) as running:
        yield running


def _need_binary() -> None:
    if build.built() is None and os.environ.get("HOLDFAST_CONTROL_PLANE") != "required":
        pytest.skip("the real control plane is not built (about 7 minutes, once): make control-plane")


@pytest.fixture(params=["sandbox", REAL])
def server(request: pytest.FixtureRequest) -> Server:
    """The server under test; it is open while the test runs."""
    return _server(request, "control_plane")


@pytest.fixture(params=["sandbox", REAL])
def forgetful_server(request: pytest.FixtureRequest) -> Server:
    """One whose `forget` works."""
    return _server(request, "forgetful_control_plane", history=SMALL_HISTORY)


def _server(request: pytest.FixtureRequest, control_plane: str, history: int = HISTORY_LENGTH) -> Server:
    is_real = request.param == "real"
    module = request.module.__name__.rpartition(".")[2]
    recording = Recording(module, _name_of(request.node), is_real=is_real)
    return Server(request.getfixturevalue(control_plane) if is_real else None, recording, history=history)


def _name_of(test: pytest.Item) -> str:
    """The name with its parameters, but without the server's."""
    for server in ("sandbox", "real"):
        for old, new in ((f"[{server}-", "["), (f"-{server}]", "]"), (f"[{server}]", "")):
            if old in test.name:
                return test.name.replace(old, new)
    return test.name


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Opens the server in the event loop of the test."""
    for value in pyfuncitem.funcargs.values():
        if isinstance(value, Server):
            pyfuncitem.obj = _opened(pyfuncitem.obj, value)
    return (yield)


def _opened(test: Callable[..., Coroutine[Any, Any, None]], server: Server) -> Callable[..., Coroutine[Any, Any, None]]:
    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        async with server:
            await test(*args, **kwargs)

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where the sandbox is known to differ, its test must fail until the table is shorter."""
    for item in items:
        if item.path.parent != FOLDER:
            continue
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "sandbox" in callspec.params.values() and _name_of(item) in DIFFERENCES:
            item.add_marker(pytest.mark.xfail(strict=True, reason=DIFFERENCES[_name_of(item)]))
