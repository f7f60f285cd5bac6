"""`holdfast rollout notifications template get | notify`."""

from __future__ import annotations

from typing import Any

import typer

from holdfast.cli.output import Format, OutputOption, print_document, print_table
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
from holdfast.engine.notify import compose, secret_values
from holdfast.engine.notify.settings import Service, destination
from holdfast.engine.notify.templates import MESSAGE
from holdfast.model.errors import Blocked
from holdfast.runtime.clock import SystemClock

CONSOLE = "console"


def get(
    name: str = typer.Argument("", metavar="[NAME]", help="Only this template."),
    output: Format = OutputOption,
    config_map: str = ConfigMapOption,
    place: str = PlaceOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = typer.Option("default", "--namespace", "-n", hidden=True),
) -> None:
    """List the templates."""

    async def work(trial: Trial) -> dict[str, Any]:
        return chosen("template", dict(trial.settings.templates), name)

    found = on_trial(Sources(config_map, "", place, kubeconfig, namespace), work)
    if output in (Format.JSON, Format.YAML):
        print_document([{"name": one, **template} for one, template in sorted(found.items())], output)
    elif output is Format.NAME:
        typer.echo("\n".join(sorted(found)))
    else:
        print_table(("NAME", "FOR", "MESSAGE"), [row(one, template) for one, template in sorted(found.items())])


def chosen(kind: str, known: dict[str, Any], name: str) -> dict[str, Any]:
    """All of them without a name. Raises Blocked."""
    if not name:
        return known
    if name not in known:
        raise Blocked("NotThere", f"there is no {kind} {name!r}; there: {', '.join(sorted(known)) or 'none'}")
    return {name: known[name]}


def row(name: str, template: dict[str, Any]) -> tuple[str, str, str]:
    lines = str(template.get(MESSAGE) or "").strip().splitlines()
    return name, ", ".join(sorted(template.keys() - {MESSAGE})), lines[0] if lines else ""


def notify(
    name: str = typer.Argument(..., metavar="NAME", help="The template."),
    rollout: str = RolloutArgument,
    recipients: list[str] = typer.Option(
        [f"{CONSOLE}:stdout"], "--recipient", help="SERVICE:RECIPIENT; by default what it becomes is printed."
    ),
    config_map: str = ConfigMapOption,
    secret: str = SecretOption,
    place: str = PlaceOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
) -> None:
    """Fill a template for a Rollout, and print it or send it."""

    async def work(trial: Trial) -> None:
        for recipient in recipients:
            await _tell(trial, name, recipient)

    sources = Sources(config_map, secret, place, kubeconfig, namespace)
    on_trial(sources, work, rollout=rollout, secrets=True)


async def _tell(trial: Trial, name: str, recipient: str) -> None:
    """Raises Blocked, without any value of the Secret."""
    from holdfast.assembly.notifications import notification_tools
    from holdfast.ports.notifications import Undelivered
    from holdfast.ports.texts import TextFailed

    wanted = destination(recipient)
    async with notification_tools() as tools:
        try:
            if wanted.service == CONSOLE:
                draft = compose.of_all(trial.settings, (name,), Service(CONSOLE, CONSOLE, {}), wanted)
            else:
                draft = compose.of_templates(trial.settings, (name,), _service(trial, wanted.service), wanted)
            variables = compose.variables(draft, trial.about, trial.settings.context, trial.secrets)
            part = compose.filled(draft, await tools.texts.fill(draft.texts, variables))
            if wanted.service == CONSOLE:
                print_document(part, Format.YAML)
                return
            message = compose.message(draft, part, trial.secrets, SystemClock().now())
            await tools.notifier.send(message, guarded=False)
        except TextFailed as error:
            raise _failed(trial, f"template {name}: {draft.place_of(error.at)}: {error.message}") from None
        except (ValueError, Undelivered) as error:
            raise _failed(trial, f"{wanted}: {error}") from None
    typer.echo(f"{wanted} has taken it")


def _service(trial: Trial, name: str) -> Service:
    found = trial.settings.services.get(name)
    if found is None:
        there = ", ".join(sorted(trial.settings.services)) or "none"
        raise ValueError(f"there is no service {name!r}; there: {there}")
    return found


def _failed(trial: Trial, said: str) -> Blocked:
    return Blocked("NotTold", secret_values.masked(said, trial.secrets.values()))
