"""`holdfast rollout plan FILE`: what a release will do, and what becomes of one with faults, without a cluster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import typer

from holdfast.cli.output import print_table
from holdfast.cli.rollout import object_files
from holdfast.cli.rollout.object_files import Objects
from holdfast.cli.rollout.rollouts import FilenameOption
from holdfast.engine.lang import durations
from holdfast.engine.rollout import defaults, steps
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.rehearsal import Moment
from holdfast.engine.rollout.rehearsed_runs import KINDS, places
from holdfast.model.errors import Blocked
from holdfast.model.kube import kind_of, name_of
from holdfast.model.rollout import Rollout

if TYPE_CHECKING:
    from holdfast.engine.flow.rehearsal.chances import Chances, Kind
    from holdfast.engine.flow.rehearsal.error_rate import Faults
    from holdfast.engine.flow.rehearsal.play import Played, Release

HEADINGS: Final = ("AFTER", "STEP", "NEW", "OLD", "WEIGHT", "WAITS FOR")
ENDS: Final = ("END", "RELEASES", "STEP", "TRAFFIC", "AFTER", "LATEST", "BAD MEASUREMENTS", "TRAFFIC SO FAR")
MOST_ALIKE: Final = 6
"""So many moments of pods that come and go at one step are told; of more, the first and the last ones."""
LONGEST_READY: Final = timedelta(days=1)
FileArgument = typer.Argument(None, metavar="FILE", help="A file with Rollouts and their AnalysisTemplates.")


def plan(
    given: Path | None = FileArgument,
    filename: Path | None = FilenameOption,
    ready_after: str = typer.Option("10s", "--ready-after", help="How long a new pod takes to serve."),
    pods: int = typer.Option(0, "--pods", min=0, max=10_000, help="How many pods a StatefulSet or DaemonSet has."),
    fails: str = typer.Option("", "--fails", help=f"What fails: {', '.join(KINDS)}."),
    error_rate: str = typer.Option(
        "", "--error-rate", help="The share of the new version's requests that fail, as 5% or 0.05: what becomes of it."
    ),
    requests: int = typer.Option(
        100, "--requests", min=1, max=10_000, help="With --error-rate: the requests behind each measurement."
    ),
    releases: int = typer.Option(
        100, "--releases", min=1, max=1000, help="With --error-rate: how many releases are played."
    ),
    seed: int = typer.Option(1, "--seed", help="With --error-rate: another number, other faults."),
    everything: bool = typer.Option(False, "--all", help="Every moment, also those of many pods coming one by one."),
) -> None:
    """The timetable of a release before it starts: replicas, weights and waits; and its end with a given error rate."""
    from holdfast.engine.flow.rehearsal import chances, play
    from holdfast.engine.flow.rehearsal.error_rate import Faults

    file = object_files.one_of(given, filename)
    objects = object_files.read(file)
    share = _share(error_rate)
    for rollout in _rollouts(file, objects):
        _check_fails(rollout, fails)
        release = _release(objects, rollout, pods, _ready(ready_after))
        try:
            played = play.played(release, fails=fails)
            _tell(release, played, everything=everything)
            if share is not None:
                faults = Faults(share, requests, seed)
                found = chances.simulated(release, faults, releases)
                _tell_chances(rollout, faults, found)
                if found.releases < releases:
                    typer.echo(f"only {found.releases} of {releases} were played: each has very many moves")
        except (ValueError, msgspec.ValidationError) as error:
            raise Blocked("InvalidSpec", f"{rollout.metadata.name}: {error}") from None


def _rollouts(file: Path, objects: Objects) -> list[Rollout]:
    found = objects.of_kind("Rollout")
    for one in objects.passed_over:
        typer.echo(f"passed over: {one}", err=True)
    if not found:
        raise Blocked("NoRollout", f"{file} has no Rollout")
    try:
        return [msgspec.convert(it, Rollout) for it in found]
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"{file}: {error}") from None


def _ready(text: str) -> timedelta:
    found = durations.parse(text)
    if found is None:
        raise Blocked("NoDuration", f"--ready-after: {text!r} is no duration such as 10s")
    if not timedelta(0) <= found <= LONGEST_READY:
        raise Blocked("NoDuration", f"--ready-after: {text} is not between 0s and 24h")
    return found


def _share(text: str) -> float | None:
    """None where nothing is asked for."""
    if not text:
        return None
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise Blocked("NoErrorRate", f"--error-rate: {text!r} is no share between 0% and 100%, such as 5% or 0.05")
    return found


def _check_fails(rollout: Rollout, fails: str) -> None:
    if not fails:
        return
    there = ", ".join(KINDS)
    if fails not in KINDS:
        raise Blocked("NoSuchKind", f"--fails: {fails!r} is none of {there}")
    if not places(rollout)[fails]:
        has = ", ".join(kind for kind, count in places(rollout).items() if count) or "none of them"
        raise Blocked("NothingToFail", f"--fails {fails}: {rollout.metadata.name} has none; it has {has}")


def _release(objects: Objects, rollout: Rollout, pods: int, ready_after: timedelta) -> Release:
    from holdfast.engine.flow.rehearsal.play import Release
    from holdfast.engine.flow.rehearsal.templates import Templates

    is_in_place = kinds.reference(rollout) is not None
    replicas = _pods_of_workload(objects, rollout, pods) if is_in_place else defaults.replicas(rollout)
    return Release(rollout, Templates(objects.own), replicas, ready_after)


def _pods_of_workload(objects: Objects, rollout: Rollout, said: int) -> int:
    """As asked for, else as the StatefulSet in the same file has it."""
    reference = rollout.spec.workload_ref
    if reference is None or said:
        return said
    for obj in objects.others:
        if kind_of(obj) == kinds.STATEFUL_SET == reference.kind and name_of(obj) == reference.name:
            return int((obj.get("spec") or {}).get("replicas", 1))
    what = f"{reference.kind} {reference.name}"
    raise Blocked("PodsUnknown", f"{rollout.metadata.name}: say with --pods how many pods the {what} has")


def _tell(release: Release, played: Played, *, everything: bool) -> None:
    rollout = release.rollout
    typer.echo(f"{rollout.metadata.name}: {release.replicas} replicas")
    moments = list(played.moments)
    print_table(HEADINGS, [row(rollout, one) for one in moments] if everything else _shortened(rollout, moments))
    if played.message:
        typer.echo(played.message)
    for one in played.missing:
        typer.echo(f"not known: how long its analysis takes, as {one} is not in the file; it counts as 0 s, and passes")


def _shortened(rollout: Rollout, moments: list[Moment]) -> list[tuple[str, ...]]:
    """Of many moments at one step that wait for nothing, the first and the last."""
    rows: list[tuple[str, ...]] = []
    alike: list[Moment] = []

    def close() -> None:
        told = [row(rollout, one) for one in alike]
        left = len(alike) - MOST_ALIKE
        if left > 1:
            half = MOST_ALIKE // 2
            told[half:-half] = [("", f"… {left} more, --all tells them", "", "", "", "")]
        rows.extend(told)
        alike.clear()

    for one in moments:
        if alike and (alike[-1].step, alike[-1].waits, alike[-1].phase) != (one.step, one.waits, one.phase):
            close()
        alike.append(one)
    close()
    return rows


def row(rollout: Rollout, moment: Moment) -> tuple[str, ...]:
    return (
        _length(moment.after),
        _step(rollout, moment.step),
        _count(moment.canary_ready, moment.canary),
        _count(moment.stable_ready, moment.stable),
        "" if moment.weight is None else f"{moment.weight} %",
        moment.waits or ("done" if moment.phase == "Healthy" else moment.phase if moment.phase == "Degraded" else ""),
    )


def _count(ready: int, asked: int) -> str:
    return str(asked) if ready == asked else f"{ready} of {asked}"


def _step(rollout: Rollout, at: int | None) -> str:
    count = steps.count(rollout)
    if at is None or not count:
        return ""
    if at >= count:
        return f"{count}/{count}"
    return f"{at + 1}/{count} {steps.describe(defaults.canary(rollout).steps[at])}"


def _length(after: timedelta) -> str:
    seconds = int(after.total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _tell_chances(rollout: Rollout, faults: Faults, found: Chances) -> None:
    typer.echo()
    typer.echo(
        f"{found.releases} releases of which {100 * faults.share:g} % of the new version's requests fail "
        f"({faults.requests} requests a measurement, seed {faults.seed}):"
    )
    print_table(ENDS, [_end_row(rollout, kind, found.releases) for kind in found.kinds])
    for name, meaning in found.meanings.items():
        typer.echo(f"metric {name}: its value is {meaning.value}")
    if not found.meanings:
        typer.echo("no measurement was taken: nothing judges the new version")


def _end_row(rollout: Rollout, kind: Kind, releases: int) -> tuple[str, ...]:
    return (
        kind.end,
        f"{100 * kind.count / releases:g} %",
        _step(rollout, kind.step),
        f"{100 * kind.share:.3g} %",
        _length(kind.after),
        _length(kind.last),
        f"{kind.bad} of {kind.measured}",
        _length(kind.traffic),
    )
