"""Runs seeds of the simulation: `python scripts/simulate.py --seeds 50` or, to replay one, `--seed 7`."""

from __future__ import annotations

import argparse
import functools
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager

import msgspec

from holdfast.sandbox import kinds
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.testing.simulation import Outcome, simulate

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


def run(seed: int) -> Outcome:
    return simulate(seed, _builtin())


def run_briefly(seed: int) -> Outcome:
    """Without the log where nobody will read it."""
    outcome = run(seed)
    return outcome if outcome.violation else msgspec.structs.replace(outcome, log=())


@contextmanager
def outcomes(seeds: range, jobs: int) -> Iterator[Iterator[Outcome]]:
    if jobs == 1:
        yield map(run_briefly, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield (future.result() for future in as_completed([pool.submit(run_briefly, seed) for seed in seeds]))


def report(outcome: Outcome, events: int) -> None:
    print(f"\nseed {outcome.seed} violates an invariant\n  {outcome.violation}\nthe last events:")
    for line in outcome.log[-events:]:
        print(f"  {line}")
    print(f"replay it: make simulate SEED={outcome.seed}\n", flush=True)


def run_many(seeds: range, jobs: int) -> int:
    began, failed, faults = time.monotonic(), [], 0
    with outcomes(seeds, jobs) as ended:
        for count, outcome in enumerate(ended, start=1):
            faults += sum(outcome.faults.values())
            if outcome.violation:
                failed.append(outcome.seed)
                report(outcome, LAST_EVENTS)
            if count % TOLD_EVERY == 0 or count == len(seeds):
                speed = count / (time.monotonic() - began)
                verdict = f"violated by {sorted(failed)}" if failed else "every invariant holds"
                print(f"{count} of {len(seeds)} seeds, {speed:.2f} seeds/s, {faults} faults: {verdict}", flush=True)
    print(f"{len(seeds)} seeds took {time.monotonic() - began:.0f} s in {jobs} processes", flush=True)
    return 1 if failed else 0


def run_one(seed: int) -> int:
    outcome = run(seed)
    for line in outcome.log:
        print(line)
    if outcome.violation:
        report(outcome, LAST_EVENTS)
        return 1
    print(f"seed {seed}: every invariant holds; faults: {outcome.faults}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once, each in its process")
    parser.add_argument("--seed", type=int, help="only this one, with all that happens in it")
    options = parser.parse_args()
    if options.seed is not None:
        return run_one(options.seed)
    return run_many(range(options.first, options.first + options.seeds), options.jobs)


if __name__ == "__main__":
    sys.exit(main())
