"""Does one render from beginning to end, in the process that calls it."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from holdfast.engine.render import directory
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.prepare import Job
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderLimits, RenderResult


def perform(tree: FileTree, job: Job, limits: RenderLimits, tools: Path | None) -> RenderResult:
    """`tools` is where programs that packages carry may be unpacked. Raises Blocked."""
    match job:
        case DirectoryJob():
            return directory.render(tree, job, limits)
        case KustomizeJob():
            from holdfast.adapters.rendering import kustomize_build

            return kustomize_build.render(tree, job, limits, tools)
        case HelmJob():
            from holdfast.adapters.rendering import helm_chart  # loads Helm's library: 0.1 s and 60 MB

            return helm_chart.render(tree, job, limits)
        case _:
            assert_never(job)
