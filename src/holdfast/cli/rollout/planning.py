"""`holdfast rollout plan | lint FILE`: what a release will do, and whether its Rollout is sound, without a cluster."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import typer

from holdfast.cli.output import print_table
from holdfast.engine.lang import durations
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.rollout import defaults, rehearsal, steps, validation
from holdfast.engine.rollout import rehearsal_in_place as in_place
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.rollout.rehearsal import Moment
from holdfast.model.errors import Blocked
from holdfast.model.fields import LabelSelector
from holdfast.model.kube import KubeObject, kind_of, name_of
from holdfast.model.rollout import Rollout

LARGEST_FILE = 10 * 1024 * 1024
HEADINGS = ("AFTER", "STEP", "NEW", "OLD", "WEIGHT", "WAITS FOR")
FileArgument = typer.Argument(..., metavar="FILE", help="A file with Rollouts, others in it are passed over.")


def _documents(file: Path) -> list[KubeObject]:
    if not file.is_file():
        raise Blocked("NoFile", f"there is no file {file}")
    if file.stat().st_size > LARGEST_FILE:
        raise Blocked("TooLarge", f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MiB")
    return [it for it in load_all(file.read_text(encoding="utf-8")) if isinstance(it, dict)]


def _rollouts(file: Path) -> list[Rollout]:
    found = [it for it in _documents(file) if kind_of(it) == "Rollout"]
    if not found:
        raise Blocked("NoRollout", f"{file} has no Rollout")
    try:
        return [msgspec.convert(it, Rollout) for it in found]
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"{file}: {error}") from None


def lint(file: Path = FileArgument) -> None:
    """Judge Rollouts as the controller will. The exit code is 1 when one is faulty."""
    faults = [(rollout, problem) for rollout in _rollouts(file) for problem in validation.problems(rollout)]
    for rollout, problem in faults:
        typer.echo(f"{rollout.metadata.name}: {problem}")
    if faults:
        raise typer.Exit(1)
    typer.echo("no faults")


def plan(
    file: Path = FileArgument,
    ready_after: str = typer.Option("10s", "--ready-after", help="How long a new pod takes to serve."),
    pods: int = typer.Option(0, "--pods", min=0, max=10_000, help="How many pods a StatefulSet or DaemonSet has."),
    fails: str = typer.Option(
        "", "--fails", help="The kind of analysis that fails: Step, Background, PrePromotion …; or Plugin."
    ),
) -> None:
    """The timetable of a release before it starts: replicas, weights and waits."""
    length = durations.parse(ready_after)
    if length is None:
        raise Blocked("NoDuration", f"{ready_after!r} is no duration such as 10s")
    for rollout in _rollouts(file):
        replicas = defaults.replicas(rollout)
        try:
            if kinds.reference(rollout) is not None:
                replicas = _pods_of_workload(file, rollout, pods)
                moments = in_place.timetable(rollout, replicas, ready_after=length, fails=fails)
            else:
                whole = rollout if rollout.spec.workload_ref is None else _with_pretended_template(rollout)
                moments = rehearsal.timetable(whole, ready_after=length, fails=fails)
        except ValueError as error:
            raise Blocked("InvalidSpec", f"{rollout.metadata.name}: {error}") from None
        typer.echo(f"{rollout.metadata.name}: {replicas} replicas")
        print_table(HEADINGS, [row(rollout, moment) for moment in moments])


def _pods_of_workload(file: Path, rollout: Rollout, said: int) -> int:
    """As asked for, else as the StatefulSet in the same file has it."""
    reference = rollout.spec.workload_ref
    if reference is None or said:
        return said
    for obj in _documents(file):
        if kind_of(obj) == kinds.STATEFUL_SET == reference.kind and name_of(obj) == reference.name:
            return int((obj.get("spec") or {}).get("replicas", 1))
    what = f"{reference.kind} {reference.name}"
    raise Blocked("PodsUnknown", f"{rollout.metadata.name}: say with --pods how many pods the {what} has")


def _with_pretended_template(rollout: Rollout) -> Rollout:
    """What is in the pods plays no part in when they come and go."""
    labels = {"app": rollout.metadata.name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": []}}
    selector = LabelSelector(match_labels=labels)
    spec = msgspec.structs.replace(rollout.spec, workload_ref=None, template=template, selector=selector)
    return msgspec.structs.replace(rollout, spec=spec)


def row(rollout: Rollout, moment: Moment) -> tuple[str, ...]:
    return (
        _length(moment.after),
        _step(rollout, moment),
        _count(moment.canary_ready, moment.canary),
        _count(moment.stable_ready, moment.stable),
        "" if moment.weight is None else f"{moment.weight} %",
        moment.waits or ("done" if moment.phase == "Healthy" else moment.phase if moment.phase == "Degraded" else ""),
    )


def _count(ready: int, asked: int) -> str:
    return str(asked) if ready == asked else f"{ready} of {asked}"


def _step(rollout: Rollout, moment: Moment) -> str:
    count = steps.count(rollout)
    if moment.step is None or not count:
        return ""
    if moment.step >= count:
        return f"{count}/{count}"
    return f"{moment.step + 1}/{count} {steps.describe(defaults.canary(rollout).steps[moment.step])}"


def _length(after: timedelta) -> str:
    seconds = int(after.total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
