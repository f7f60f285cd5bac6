"""`holdfast rollout lint FILE`: whether Rollouts and what belongs to them are sound, without a cluster."""

from __future__ import annotations

from pathlib import Path

import typer

from holdfast.cli.rollout import object_files
from holdfast.cli.rollout.object_files import OWN, Objects
from holdfast.cli.rollout.rollouts import FilenameOption
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, kind_of, name_of

FileArgument = typer.Argument(
    None, metavar="FILE", help="A file with Rollouts, AnalysisTemplates, Experiments and what they refer to."
)


def lint(given: Path | None = FileArgument, filename: Path | None = FilenameOption) -> None:
    """Judge Rollouts, analysis templates and Experiments as the controllers will. The exit code is 1 for a fault."""
    file = object_files.one_of(given, filename)
    objects = object_files.read(file)
    if not objects.own:
        for one in objects.passed_over:
            typer.echo(f"passed over: {one}", err=True)
        raise Blocked("NoRollout", f"{file} has none of {', '.join(OWN)} of argoproj.io/v1alpha1")
    faults = [f"{file}: {one}" for one in objects.doubled_keys]
    for obj in objects.own:
        faults += [f"{kind_of(obj)} {name_of(obj) or '(no name)'}: {problem}" for problem in _problems(obj, objects)]
    for one in objects.passed_over:
        typer.echo(f"passed over: {one}")
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    typer.echo("no faults")


def _problems(obj: KubeObject, objects: Objects) -> list[str]:
    """A field that is nobody's is a fault: a misspelt one would be passed over by the controller."""
    from holdfast.engine.flow import linting
    from holdfast.model.crd.validation import validate_document

    verdict = validate_document(obj)
    unknown = [f"unknown field {field}" for field in verdict.unknown_fields]
    nameless = [] if name_of(obj) else ["metadata.name: Required value"]
    if not verdict.valid:
        return [*nameless, *(error.removeprefix(": ") for error in verdict.errors), *unknown]
    found = linting.judged(obj, (*objects.own, *objects.others))
    if found.unjudged:
        typer.echo(f"{kind_of(obj)} {name_of(obj)}: not judged, as not in the file: {', '.join(found.unjudged)}")
    return [*nameless, *unknown, *found.problems]
