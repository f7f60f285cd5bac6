"""`holdfast actions`: the resource actions of the objects of files, without a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import typer

from holdfast.cli.objects import ConfigOption, FilesOption, Located, read_customizations, read_objects
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.model.errors import Blocked

if TYPE_CHECKING:
    from holdfast.ports.scripts import Scripts

actions = typer.Typer(
    help="See and try the actions of the objects of files.", no_args_is_help=True, rich_markup_mode=None
)


@actions.command("list")
def list_actions(
    files: list[str] = FilesOption,
    config: str = ConfigOption,
    output: Format = OutputOption,
) -> None:
    """List the actions that the objects offer."""
    import msgspec

    from holdfast.assembly import customized

    customizations = read_customizations(config)

    async def ask(scripts: Scripts, located: Located) -> dict[str, Any]:
        found = await customized.actions_on(scripts, customizations, located.obj)
        return {**located.identity, "actions": [msgspec.to_builtins(action) for action in found]}

    answers = asyncio.run(_each(read_objects(files), ask))
    if output in (Format.JSON, Format.YAML):
        print_document(answers, output)
    else:
        print_table(("GROUP", "KIND", "NAMESPACE", "NAME", "ACTION", "DISABLED", "PARAMS"), rows(answers))


@actions.command("run")
def run_action(
    name: str = typer.Argument(..., metavar="NAME", help="The action."),
    files: list[str] = FilesOption,
    config: str = ConfigOption,
    param: list[str] = typer.Option([], "--param", help="A parameter as name=value; may be given several times."),
    output: Format = typer.Option(Format.YAML, "--output", "-o", help="How to print: json or yaml."),
) -> None:
    """Print what an action would change on the objects that offer it; nothing is written."""
    from holdfast.assembly import customized
    from holdfast.runtime.clock import SystemClock

    customizations, parameters, now = read_customizations(config), parameters_of(param), SystemClock().now()

    async def act(scripts: Scripts, located: Located) -> dict[str, Any] | None:
        try:
            impacts = await customized.act_on(scripts, customizations, located.obj, name, parameters, now)
        except Blocked as error:
            if error.reason == customized.UNKNOWN_ACTION:
                return None
            raise
        changes = [{"operation": impact.operation.value, "resource": impact.resource} for impact in impacts]
        return {**located.identity, "action": name, "changes": changes}

    found = [answer for answer in asyncio.run(_each(read_objects(files), act)) if answer is not None]
    if not found:
        raise Blocked(customized.UNKNOWN_ACTION, f"no object in {', '.join(files)} has the action {name!r}")
    print_document(found, output)


async def _each(objects: list[Located], ask: Callable[[Scripts, Located], Awaitable[Any]]) -> list[Any]:
    """The answers one after the other; an error names the document."""
    from holdfast.assembly import customized

    scripts = customized.scripts()
    answers = []
    try:
        for located in objects:
            try:
                answers.append(await ask(scripts, located))
            except Blocked as error:
                raise Blocked(error.reason, f"{located.place}: {error.message}") from error
    finally:
        await scripts.close()
    return answers


def parameters_of(texts: list[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise Blocked("ParameterInvalid", f"--param {text}: is no name=value")
    return dict(text.split("=", 1) for text in texts)


def rows(answers: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            *(answer[column] or "-" for column in ("group", "kind", "namespace", "name")),
            action["name"],
            str(action.get("disabled", False)).lower(),
            ",".join(param["name"] for param in action.get("params", ())) or "-",
        ]
        for answer in answers
        for action in answer["actions"]
    ]
