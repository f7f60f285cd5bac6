"""What is wrong with the Rollouts, analysis templates and Experiments of a file, judged as the controllers will."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.analysis import arguments, conditions, retention, validation
from holdfast.engine.analysis.arguments import ArgumentError
from holdfast.engine.flow.rehearsal.templates import Templates
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression
from holdfast.engine.rollout import analysis_places, routes, run_objects, workload
from holdfast.engine.rollout import validation as of_rollouts
from holdfast.engine.rollout.experiment import validation as of_experiments
from holdfast.engine.traffic import routers
from holdfast.engine.traffic.changes import Reference, RoutingProblem
from holdfast.model.analysis import AnalysisRun, AnalysisTemplate, Metric
from holdfast.model.experiment import Experiment
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of, kind_of, name_of, namespace_of
from holdfast.model.rollout import Rollout

SERVICE: Final = GroupKind("", "Service")
_OPEN: Final = "{{"


class Found(Struct, frozen=True):
    """`unjudged` are things that the object refers to and that are not in the file, as `Kind name`."""

    problems: tuple[str, ...]
    unjudged: tuple[str, ...] = ()


def judged(obj: KubeObject, beside: Sequence[KubeObject]) -> Found:
    """`beside` are all objects of the file. The object is of one of our kinds and fits its schema."""
    try:
        match kind_of(obj):
            case "Rollout":
                return _rollout(msgspec.convert(obj, Rollout), beside)
            case "Experiment":
                return Found(tuple(filter(None, [of_experiments.problem(msgspec.convert(obj, Experiment))])))
            case "AnalysisRun":
                return Found(tuple(_run(msgspec.convert(obj, AnalysisRun))))
            case _:
                return Found(tuple(_template(msgspec.convert(obj, AnalysisTemplate))))
    except msgspec.ValidationError as error:
        return Found((str(error),))


def _rollout(rollout: Rollout, beside: Sequence[KubeObject]) -> Found:
    known = {_place(obj, rollout.metadata.namespace): obj for obj in beside}
    problems = list(of_rollouts.problems(rollout))
    unjudged: list[str] = []
    template, selector = _pods(rollout, known, unjudged)
    if template is not None and (rollout.spec.workload_ref is not None or rollout.spec.selector is not None):
        problems += filter(None, [of_rollouts.selector_problem(selector, template)])
    for field, name in of_rollouts.service_names(rollout):
        service = known.get((SERVICE, rollout.metadata.namespace, name))
        if service is None:
            unjudged.append(f"Service {name}")
        else:
            problems += filter(None, [of_rollouts.service_problem(rollout, field, name, service, template or {})])
    problems += _routing(rollout, known, unjudged)
    problems += _analyses(rollout, Templates(beside), unjudged)
    return Found(tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(unjudged)))


_Known = Mapping[tuple[GroupKind, str, str], KubeObject]


def _place(obj: KubeObject, namespace: str) -> tuple[GroupKind, str, str]:
    """What says no namespace is meant for that of the Rollout."""
    return group_kind_of(obj), namespace_of(obj) or namespace, name_of(obj)


def _pods(rollout: Rollout, known: _Known, unjudged: list[str]) -> tuple[KubeObject | None, dict[str, Any]]:
    """The pod template and the selector in effect; None where the workload is not in the file."""
    reference = rollout.spec.workload_ref
    if reference is None:
        selector = rollout.spec.selector
        return rollout.spec.template, msgspec.to_builtins(selector) if selector is not None else {}
    group = reference.api_version.rpartition("/")[0]
    found = known.get((GroupKind(group, reference.kind), rollout.metadata.namespace, reference.name))
    if found is None:
        unjudged.append(f"{reference.kind} {reference.name}")
        return None, {}
    said = rollout.spec.selector
    return workload.template_of(found), msgspec.to_builtins(said) if said is not None else workload.selector_of(found)


def _routing(rollout: Rollout, known: _Known, unjudged: list[str]) -> Iterator[str]:
    place = "spec.strategy.canary.trafficRouting: Invalid value: "
    try:
        routers.check_settings(rollout)
        references = routers.references(rollout)
        found: dict[Reference, KubeObject] = {}
        for one in references:
            obj = known.get((one.group_kind, one.namespace, one.name))
            if obj is not None:
                found[one] = obj
            elif not one.is_ours:
                unjudged.append(f"{one.group_kind.kind} {one.name}")
        if all(one in found or one.is_ours for one in references):
            routers.check(rollout, routes.services(rollout), found)
    except RoutingProblem as problem:
        yield f"{place}{problem}"


def _analyses(rollout: Rollout, templates: Templates, unjudged: list[str]) -> Iterator[str]:
    for place in analysis_places.of(rollout):
        specs, missing = templates.chosen(place.analysis.templates)
        unjudged += missing
        if missing or not specs:
            continue
        try:
            spec = run_objects.foreseen(rollout, place.analysis, specs)
            problems = list(_run(msgspec.convert({"spec": spec}, AnalysisRun)))
        except (ValueError, msgspec.ValidationError) as error:
            problems = [str(error)]
        yield from (f"{place.path}: {problem}" for problem in problems)


def _run(run: AnalysisRun) -> Iterator[str]:
    """As the controller of AnalysisRuns judges one, before anything is measured."""
    values = arguments.plain_values(run.spec.args)
    values |= dict.fromkeys(arguments.secret_places(run.spec.args), "1")
    try:
        metrics = arguments.resolved(run.spec.metrics, values)
        problem = validation.problem(metrics)
        if problem:
            yield problem
        retention.dry_metrics(run.spec.dry_run, metrics)
        retention.limits(run.spec.measurement_retention, metrics)
    except ArgumentError as error:
        yield str(error)
        return
    for number, metric in enumerate(metrics):
        yield from _conditions(f"metrics[{number}]", metric)


def _template(template: AnalysisTemplate) -> Iterator[str]:
    """What its arguments decide is judged only where they have a value."""
    spec = template.spec
    values = arguments.plain_values(spec.args)
    metrics = tuple(msgspec.convert(_settled(msgspec.to_builtins(one), values), Metric) for one in spec.metrics)
    if metrics or not spec.templates:
        problem = validation.problem(metrics)
        if problem:
            yield f"spec.{problem}" if metrics else problem
    for number, metric in enumerate(metrics):
        yield from _conditions(f"spec.metrics[{number}]", metric)
    names = [argument.name for argument in spec.args]
    for number, name in enumerate(names):
        if not name or name in names[:number]:
            yield f"spec.args[{number}].name: " + (f"another one is called {name!r}" if name else "it has no name")
    if spec.templates:
        return
    try:
        retention.dry_metrics(spec.dry_run, metrics)
        retention.limits(spec.measurement_retention, metrics)
    except ArgumentError as error:
        yield f"spec.{error}"


_LIMITS: Final = (
    *("count", "failureLimit", "inconclusiveLimit", "consecutiveErrorLimit", "consecutiveSuccessLimit"),
    *("interval", "initialDelay"),
)


def _settled(metric: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Limits and lengths with their values; what has none yet is left to the Rollout and is a sound one here."""
    found = dict(metric)
    for field in _LIMITS:
        text = metric.get(field)
        if isinstance(text, str) and _OPEN in text:
            filled = arguments.PLACE.sub(lambda place: values.get(place[1].removeprefix("args."), place[0]), text)
            found[field] = filled if _OPEN not in filled else "1s" if field in ("interval", "initialDelay") else 1
    return found


def _conditions(place: str, metric: Metric) -> Iterator[str]:
    for field, text in (("successCondition", metric.success_condition), ("failureCondition", metric.failure_condition)):
        if text and _OPEN not in text:
            try:
                Expression(text, conditions.FUNCTIONS)
            except ExpressionError as error:
                yield f"{place}.{field}: {error}"
