"""What an Experiment must be for anything to be made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from holdfast.engine.kube import selectors
from holdfast.engine.lang import durations
from holdfast.engine.rollout import defaults
from holdfast.model.experiment import Experiment, TemplateSpec

MOST_TEMPLATES = 20
MOST_ANALYSES = 50


def problem(experiment: Experiment) -> str:
    """ "" for a sound one."""
    return next(_problems(experiment), "")


def _problems(experiment: Experiment) -> Iterator[str]:
    spec = experiment.spec
    if not 0 < len(spec.templates) <= MOST_TEMPLATES:
        yield f"spec.templates: Invalid value: an Experiment has between 1 and {MOST_TEMPLATES} templates"
    if len(spec.analyses) > MOST_ANALYSES:
        yield f"spec.analyses: Invalid value: an Experiment has at most {MOST_ANALYSES} analyses"
    yield from _names("spec.templates", [one.name for one in spec.templates])
    yield from _names("spec.analyses", [one.name for one in spec.analyses])
    if spec.duration and durations.parse(spec.duration) is None:
        yield f"spec.duration: Invalid value: {spec.duration!r} is no duration such as 10m"
    for place, one in enumerate(spec.templates):
        yield from _template(f"spec.templates[{place}]", one)
        deadline = spec.progress_deadline_seconds or defaults.PROGRESS_DEADLINE
        if one.min_ready_seconds >= deadline:
            said = f"{one.min_ready_seconds} is not below progressDeadlineSeconds ({deadline})"
            yield f"spec.templates[{place}].minReadySeconds: Invalid value: {said}"


def _names(place: str, names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        if not name:
            yield f"{place}[{number}].name: Invalid value: it has no name"
        if name in names[:number]:
            yield f"{place}[{number}].name: Invalid value: another one is called {name!r}"


def _template(place: str, one: TemplateSpec) -> Iterator[str]:
    labels = (one.template.get("metadata") or {}).get("labels") or {}
    try:
        chosen = selectors.from_object(msgspec.to_builtins(one.selector))
    except ValueError as error:
        yield f"{place}.selector: Invalid value: {error}"
        return
    if not chosen.requirements:
        yield f"{place}.selector: Invalid value: an empty selector would take the pods of others"
    elif not chosen.matches(labels):
        yield f"{place}.template.metadata.labels: Invalid value: the selector does not match them"
    if one.replicas is not None and one.replicas < 0:
        yield f"{place}.replicas: Invalid value: {one.replicas} is negative"
    if not (one.template.get("spec") or {}).get("containers"):
        yield f"{place}.template.spec.containers: Invalid value: there is none"
