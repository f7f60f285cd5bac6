"""Runs seeds of the simulation: `python scripts/simulate.py --seeds 50` or, to replay one, `--seed 7`."""

from __future__ import annotations

import argparse
import sys
import time

from holdfast.sandbox import kinds
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.testing.simulation import Outcome, simulate

LAST_EVENTS = 40


def report(outcome: Outcome, events: int) -> None:
    print(f"\nseed {outcome.seed} violates an invariant\n  {outcome.violation}\nthe last events:")
    for line in outcome.log[-events:]:
        print(f"  {line}")
    print(f"replay it: make simulate SEED={outcome.seed}")


def run_many(seeds: range, builtin: BuiltinKinds) -> int:
    began, failed, faults = time.monotonic(), [], 0
    for count, seed in enumerate(seeds, start=1):
        outcome = simulate(seed, builtin)
        faults += sum(outcome.faults.values())
        if outcome.violation:
            failed.append(seed)
            report(outcome, LAST_EVENTS)
        if count % 25 == 0 or count == len(seeds):
            speed = count / (time.monotonic() - began)
            print(f"{count} of {len(seeds)} seeds, {speed:.2f} seeds/s, {faults} faults, failed: {failed or 'none'}")
    return 1 if failed else 0


def run_one(seed: int, builtin: BuiltinKinds) -> int:
    outcome = simulate(seed, builtin)
    for line in outcome.log:
        print(line)
    if outcome.violation:
        report(outcome, 0)
        return 1
    print(f"seed {seed}: every invariant holds; faults: {outcome.faults}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one, with all that happens in it")
    options = parser.parse_args()
    builtin = kinds.load()
    if options.seed is not None:
        return run_one(options.seed, builtin)
    return run_many(range(options.first, options.first + options.seeds), builtin)


if __name__ == "__main__":
    sys.exit(main())
