"""How the tests run: `async def` tests on virtual time, Hypothesis by the profile that is asked for."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import Callable, Coroutine
from typing import Any

import hypothesis
import pytest

from holdfast.testing import virtual_time

EXAMPLES = {"dev": 25, "ci": 200, "nightly": 2000}

for _name, _examples in EXAMPLES.items():
    hypothesis.settings.register_profile(_name, max_examples=_examples, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_time: runs on the ordinary event loop, for sockets and subprocesses")
    hypothesis.settings.load_profile(os.environ.get("HOLDFAST_HYPOTHESIS", "dev"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    run = asyncio.run if pyfuncitem.get_closest_marker("real_time") else virtual_time.run
    test = pyfuncitem.obj
    given = getattr(test, "hypothesis", None)
    if given is not None:
        if inspect.iscoroutinefunction(given.inner_test):
            given.inner_test = _as_ordinary_function(given.inner_test, run)
        return None
    if not inspect.iscoroutinefunction(test):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}
    run(test(**arguments))
    return True


def _as_ordinary_function(
    test: Callable[..., Coroutine[Any, Any, None]], run: Callable[[Coroutine[Any, Any, None]], None]
) -> Callable[..., None]:
    @functools.wraps(test)
    def call(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return call
