"""The analysis templates that stand beside a Rollout in its file."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.engine.analysis.template_walk import TemplateWalk
from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.kube import KubeObject, kind_of, name_of

KINDS = {False: "AnalysisTemplate", True: "ClusterAnalysisTemplate"}


class Templates:
    def __init__(self, objects: Iterable[KubeObject]) -> None:
        self._known = {(kind_of(obj), name_of(obj)): obj for obj in objects if kind_of(obj) in KINDS.values()}

    def chosen(self, named: Iterable[AnalysisTemplateRef]) -> tuple[list[KubeObject], list[str]]:
        """Those named and those that they name in turn, each once; and as `Kind name` those that are not known."""
        walk, missing = TemplateWalk(named), []
        while not walk.is_full and (reference := walk.next()) is not None:
            place = (KINDS[reference.cluster_scope], reference.template_name)
            if place in self._known:
                walk.take(reference, self._known[place])
            else:
                missing.append(" ".join(place))
        return walk.found, list(dict.fromkeys(missing))
