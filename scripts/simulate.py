"""Runs seeds of a simulation: `python scripts/simulate.py --seeds 50` or, to replay one, `--seed 7`.

`--what` names the simulation: `applications` (the default) from Git to the cluster, `rollouts` progressive delivery.
"""

from __future__ import annotations

import argparse
import functools
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager

import msgspec

from holdfast.sandbox import kinds
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.testing import rollout_simulation, simulation
from holdfast.testing.simulated_run import Outcome

SIMULATIONS: dict[str, Callable[[int, BuiltinKinds], Outcome]] = {
    "applications": simulation.simulate,
    "rollouts": rollout_simulation.simulate,
}
LAST_EVENTS = 40
TOLD_EVERY = 50


@functools.cache
def _builtin() -> BuiltinKinds:
    """What every seed shares. The collector need not go through it again and again: that took a third of all time."""
    builtin = kinds.load()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)
    return builtin


def run(what: str, seed: int) -> Outcome:
    return SIMULATIONS[what](seed, _builtin())


def run_briefly(what: str, seed: int) -> Outcome:
    """Without the log where nobody will read it. What the seed leaves behind would make each later one slower."""
    outcome = run(what, seed)
    gc.collect()
    return outcome if outcome.violation else msgspec.structs.replace(outcome, log=())


@contextmanager
def outcomes(what: str, seeds: range, jobs: int) -> Iterator[Iterator[Outcome]]:
    if jobs == 1:
        yield (run_briefly(what, seed) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield (future.result() for future in as_completed([pool.submit(run_briefly, what, seed) for seed in seeds]))


def report(what: str, outcome: Outcome, events: int) -> None:
    print(f"\nseed {outcome.seed} violates an invariant\n  {outcome.violation}\nthe last events:")
    for line in outcome.log[-events:]:
        print(f"  {line}")
    asked = "" if what == "applications" else f"WHAT={what} "
    print(f"replay it: make simulate {asked}SEED={outcome.seed}\n", flush=True)


def run_many(what: str, seeds: range, jobs: int) -> int:
    began, failed, faults = time.monotonic(), [], 0
    with outcomes(what, seeds, jobs) as ended:
        for count, outcome in enumerate(ended, start=1):
            faults += sum(outcome.faults.values())
            if outcome.violation:
                failed.append(outcome.seed)
                report(what, outcome, LAST_EVENTS)
            if count % TOLD_EVERY == 0 or count == len(seeds):
                speed = count / (time.monotonic() - began)
                verdict = f"violated by {sorted(failed)}" if failed else "every invariant holds"
                print(f"{count} of {len(seeds)} seeds, {speed:.2f} seeds/s, {faults} faults: {verdict}", flush=True)
    print(f"{len(seeds)} seeds took {time.monotonic() - began:.0f} s in {jobs} processes", flush=True)
    return 1 if failed else 0


def run_one(what: str, seed: int) -> int:
    outcome = run(what, seed)
    for line in outcome.log:
        print(line)
    if outcome.violation:
        report(what, outcome, LAST_EVENTS)
        return 1
    print(f"seed {seed}: every invariant holds; faults: {outcome.faults}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once, each in its process")
    parser.add_argument("--seed", type=int, help="only this one, with all that happens in it")
    parser.add_argument("--what", choices=sorted(SIMULATIONS), default="applications", help="which simulation")
    options = parser.parse_args()
    if options.seed is not None:
        return run_one(options.what, options.seed)
    return run_many(options.what, range(options.first, options.first + options.seeds), options.jobs)


if __name__ == "__main__":
    sys.exit(main())
