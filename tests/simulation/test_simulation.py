"""The whole engine under faults: a few seeds of the simulation; `make simulate SEEDS=1000` runs many."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from holdfast.sandbox import kinds
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.testing.simulation import simulate

SEEDS = range(1, 16)
REPLAYED = (4, 10)


@pytest.fixture(scope="module")
def builtin() -> BuiltinKinds:
    return kinds.load()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds(seed: int, builtin: BuiltinKinds) -> None:
    outcome = simulate(seed, builtin)
    assert not outcome.violation, "\n".join((outcome.violation, *outcome.log[-30:], f"make simulate SEED={seed}"))


@pytest.mark.parametrize("seed", REPLAYED)
@pytest.mark.real_time
def test_a_seed_is_the_same_run_in_every_process(seed: int, builtin: BuiltinKinds) -> None:
    """Also where strings hash otherwise, so that sets go round in another order."""
    here = simulate(seed, builtin)
    program = (
        "import hashlib; from holdfast.testing.simulation import simulate; "
        f"print(hashlib.sha256('\\n'.join(simulate({seed}).log).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    there = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "7"}, check=True, capture_output=True, text=True
    )
    assert there.stdout.strip() == hashlib.sha256("\n".join(here.log).encode()).hexdigest()
    assert here.faults


def test_different_seeds_are_different_runs(builtin: BuiltinKinds) -> None:
    assert simulate(1, builtin).log != simulate(2, builtin).log
