"""Progressive delivery under faults: a few seeds; `make simulate WHAT=rollouts SEEDS=300` runs many."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from holdfast.sandbox import kinds
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.testing.rollout_simulation import simulate

STABLE_SET_DELETED, FEWER_PODS_THAN_TRAFFIC, GROUP_IN_PLACE, MIXED_TEMPLATE, RESTART_IN_PLACE = 17, 36, 22, 167, 242
SEEDS = (
    *range(1, 13),
    STABLE_SET_DELETED,
    FEWER_PODS_THAN_TRAFFIC,
    GROUP_IN_PLACE,
    MIXED_TEMPLATE,
    RESTART_IN_PLACE,
)
REPLAYED = 10


@pytest.fixture(scope="module")
def builtin() -> BuiltinKinds:
    return kinds.load()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds(seed: int, builtin: BuiltinKinds) -> None:
    outcome = simulate(seed, builtin)
    assert not outcome.violation, "\n".join(
        (outcome.violation, *outcome.log[-30:], f"make simulate WHAT=rollouts SEED={seed}")
    )


@pytest.mark.real_time
def test_a_seed_is_the_same_run_in_every_process(builtin: BuiltinKinds) -> None:
    """Also where strings hash otherwise, so that sets go round in another order."""
    here = simulate(REPLAYED, builtin)
    program = (
        "import hashlib; from holdfast.testing.rollout_simulation import simulate; "
        f"print(hashlib.sha256('\\n'.join(simulate({REPLAYED}).log).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    there = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "7"}, check=True, capture_output=True, text=True
    )
    assert there.stdout.strip() == hashlib.sha256("\n".join(here.log).encode()).hexdigest()
