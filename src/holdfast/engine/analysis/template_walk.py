"""The way through analysis templates that name others in turn; each is met once, wherever it is read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.kube import KubeObject

MOST: Final = 100


def named_in(template: KubeObject) -> Iterator[AnalysisTemplateRef]:
    for inner in (template.get("spec") or {}).get("templates") or []:
        name, scope = str(inner.get("templateName") or ""), bool(inner.get("clusterScope"))
        yield AnalysisTemplateRef(template_name=name, cluster_scope=scope)


class TemplateWalk:
    """`next` says which template is wanted now, until there is none; `take` is told the template."""

    def __init__(self, named: Iterable[AnalysisTemplateRef]) -> None:
        self._waiting = list(named)
        self._found: dict[AnalysisTemplateRef, KubeObject] = {}

    @property
    def is_full(self) -> bool:
        return len(self._found) >= MOST

    @property
    def found(self) -> list[KubeObject]:
        return list(self._found.values())

    def next(self) -> AnalysisTemplateRef | None:
        while self._waiting:
            reference = self._waiting.pop(0)
            if reference not in self._found:
                return reference
        return None

    def take(self, reference: AnalysisTemplateRef, template: KubeObject) -> None:
        self._found[reference] = template
        self._waiting.extend(named_in(template))
