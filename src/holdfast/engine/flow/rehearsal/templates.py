"""The analysis templates that stand beside a Rollout in its file."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.model.analysis import AnalysisTemplateRef
from holdfast.model.kube import KubeObject, kind_of, name_of

KINDS = {False: "AnalysisTemplate", True: "ClusterAnalysisTemplate"}
MOST = 100


class Templates:
    def __init__(self, objects: Iterable[KubeObject]) -> None:
        self._known = {(kind_of(obj), name_of(obj)): obj for obj in objects if kind_of(obj) in KINDS.values()}

    def chosen(self, named: Iterable[AnalysisTemplateRef]) -> tuple[list[KubeObject], list[str]]:
        """Those named and those that they name in turn, each once; and as `Kind name` those that are not known."""
        found: dict[tuple[str, str], KubeObject] = {}
        missing: list[str] = []
        waiting = list(named)
        while waiting and len(found) < MOST:
            reference = waiting.pop(0)
            place = (KINDS[reference.cluster_scope], reference.template_name)
            if place in found:
                continue
            if place not in self._known:
                missing.append(" ".join(place))
                continue
            found[place] = self._known[place]
            for inner in (found[place].get("spec") or {}).get("templates") or []:
                name, scope = str(inner.get("templateName") or ""), bool(inner.get("clusterScope"))
                waiting.append(AnalysisTemplateRef(template_name=name, cluster_scope=scope))
        return list(found.values()), list(dict.fromkeys(missing))
