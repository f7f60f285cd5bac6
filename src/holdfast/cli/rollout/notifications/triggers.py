"""`holdfast rollout notifications trigger get | run`."""

from __future__ import annotations

import msgspec
import typer

from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.cli.rollout.notifications.templates import chosen
from holdfast.cli.rollout.notifications.trial import (
    ConfigMapOption,
    PlaceOption,
    RolloutArgument,
    SecretOption,
    Sources,
    Trial,
    on_trial,
)
from holdfast.cli.rollout.rollouts import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.engine.notify import triggers
from holdfast.engine.notify.settings import Condition
from holdfast.engine.notify.triggers import Result
from holdfast.runtime.clock import SystemClock

ALWAYS = "(always)"


def get(
    name: str = typer.Argument("", metavar="[NAME]", help="Only this trigger."),
    output: Format = OutputOption,
    config_map: str = ConfigMapOption,
    place: str = PlaceOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = typer.Option("default", "--namespace", "-n", hidden=True),
) -> None:
    """List the triggers with their conditions."""

    async def work(trial: Trial) -> dict[str, tuple[Condition, ...]]:
        return chosen("trigger", dict(trial.settings.triggers), name)

    found = on_trial(Sources(config_map, "", place, kubeconfig, namespace), work)
    if output in (Format.JSON, Format.YAML):
        print_document(
            [{"name": one, "conditions": msgspec.to_builtins(conditions)} for one, conditions in sorted(found.items())],
            output,
        )
    elif output is Format.NAME:
        typer.echo("\n".join(sorted(found)))
    else:
        rows = [
            (one, ", ".join(condition.send), condition.when or ALWAYS, condition.once_per)
            for one, conditions in sorted(found.items())
            for condition in conditions
        ]
        print_table(("NAME", "TEMPLATE", "CONDITION", "ONCE PER"), rows)


def run(
    name: str = typer.Argument(..., metavar="NAME", help="The trigger."),
    rollout: str = RolloutArgument,
    output: Format = OutputOption,
    config_map: str = ConfigMapOption,
    secret: str = SecretOption,
    place: str = PlaceOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Ask the conditions of a trigger about a Rollout; nobody is told. The exit code is 1 when one cannot be answered."""

    async def work(trial: Trial) -> tuple[Result, ...]:
        (conditions,) = chosen("trigger", dict(trial.settings.triggers), name).values()
        variables = {**trial.about, "time": triggers.times_at(SystemClock().now())}
        return triggers.results(conditions, variables)

    results = on_trial(Sources(config_map, secret, place, kubeconfig, namespace), work, rollout=rollout)
    if output in (Format.JSON, Format.YAML):
        print_document([_document(result) for result in results], output)
    else:
        print_table(("CONDITION", "RESULT", "TEMPLATE", "ONCE PER"), [_row(result) for result in results])
    if any(result.problem for result in results):
        raise typer.Exit(1)


def _row(result: Result) -> tuple[str, str, str, str]:
    condition = result.condition
    said = result.problem or str(result.holds).lower()
    return condition.when or ALWAYS, said, ", ".join(condition.send), result.once_per


def _document(result: Result) -> dict[str, object]:
    found = {
        "condition": result.condition.when,
        "key": result.key,
        "triggered": result.holds,
        "templates": list(result.condition.send),
        "oncePer": result.once_per,
    }
    return {**found, "error": result.problem} if result.problem else found
