"""Which functions judge which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.custom_resources import definition_problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.validation import configuration, networking, pods, statuses, workloads

Judge = Callable[[KubeObject], Iterator[Problem]]
Compare = Callable[[KubeObject, KubeObject], Iterator[Problem]]

_JUDGES: Final[Mapping[GroupKind, Judge]] = {
    **configuration.JUDGES,
    **networking.JUDGES,
    **pods.JUDGES,
    **workloads.JUDGES,
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): definition_problems,
}
_IMMUTABLE: Final[Mapping[GroupKind, Compare]] = {
    **configuration.IMMUTABLE,
    **networking.IMMUTABLE,
    **pods.IMMUTABLE,
    **workloads.IMMUTABLE,
}

# What may not change is judged first in these, and last in all others.
IMMUTABLE_FIRST: Final = frozenset({GroupKind("", "ConfigMap"), GroupKind("", "Secret")})


def problems(kind: GroupKind, obj: KubeObject) -> Iterator[Problem]:
    """What is wrong with an object by itself."""
    judge = _JUDGES.get(kind)
    if judge is not None:
        yield from judge(obj)


def immutable_problems(kind: GroupKind, before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    """What may not change once it is there."""
    compare = _IMMUTABLE.get(kind)
    if compare is not None:
        yield from compare(before, after)


def status_problems(kind: GroupKind, before: KubeObject, after: KubeObject) -> Iterator[Problem]:
    """What makes no sense of a reported status."""
    yield from statuses.problems_of(kind, before, after)
