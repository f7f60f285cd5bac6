"""What Helm printed becomes objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import objects
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RenderLimits, RenderResult

# Helm's own rule for where one manifest ends; whatever follows "---" on its line belongs to the next.
# Sought from the beginning of what is blank alone, which keeps the search linear.
_SEPARATOR: Final = re.compile(r"(?:^|(?<!\s)\s*\n)---\s*")
_HOOK: Final = "helm.sh/hook"
_TEST_HOOKS: Final = frozenset({"test", "test-success", "test-failure"})


class Rendered(Struct, frozen=True):
    """Text by the template's path, and the files of `crds/` folders, as Helm gives them."""

    templates: Mapping[str, str]
    crds: Mapping[str, str]


def objects_of(rendered: Rendered, job: HelmJob, limits: RenderLimits) -> RenderResult:
    """CRDs first, then what the templates gave, by the templates' names."""
    size = sum(len(text) for text in (*rendered.templates.values(), *rendered.crds.values()))
    if size > limits.output_bytes:
        raise Blocked(
            "ManifestTooLarge",
            f"chart {job.chart.name} renders to {size:,} bytes, {limits.output_bytes:,} are allowed",
        )
    collected = objects.collect(_documents(rendered, job, limits), limits.documents)
    return RenderResult(collected.objects, "Helm", doubled=collected.doubled)


def template_path(job: HelmJob, name: str) -> str:
    """`demo/templates/a.yaml` without the chart's name: what stands below the chart's folder."""
    return name.removeprefix(f"{job.chart.name}/")


def _documents(rendered: Rendered, job: HelmJob, limits: RenderLimits) -> Iterator[Document]:
    bounds = yaml_documents.YamlLimits(bytes=limits.output_bytes, documents=limits.documents)
    if job.include_crds:
        for name, text in rendered.crds.items():
            yield from _split(template_path(job, name), text, bounds)
    for name, text in sorted(rendered.templates.items()):
        file = name.rpartition("/")[2]
        if file == "NOTES.txt" or file.startswith("_"):
            continue
        for document in _split(template_path(job, name), text, bounds):
            if _is_wanted(job, document.content):
                yield document


def _split(name: str, text: str, bounds: yaml_documents.YamlLimits) -> Iterator[Document]:
    pieces = [piece for piece in _SEPARATOR.split(text) if piece.strip()]
    for number, piece in enumerate(pieces, start=1):
        origin = name if len(pieces) == 1 else f"{name}, document {number}"
        try:
            for content in yaml_documents.load_all(piece + "\n", bounds):
                yield Document(origin, content)
        except yaml_documents.YamlTooLarge as error:
            raise Blocked("ManifestTooLarge", f"{origin}: {error}") from error
        except yaml_documents.YamlInvalid as error:
            near = _line(piece, error.line)
            raise Blocked(
                "ManifestInvalid", f"{origin}: its output is no YAML: line {error.line}: {error.problem}{near}"
            ) from error


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return f": {lines[number - 1].strip()[:120]}" if 0 < number <= len(lines) else ""


def _is_wanted(job: HelmJob, content: Any) -> bool:
    hooks = () if job.include_tests and job.include_hooks else _hooks(content)
    return not hooks or (job.include_hooks and (job.include_tests or _TEST_HOOKS.isdisjoint(hooks)))


def _hooks(content: Any) -> tuple[str, ...]:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    hooks = annotations.get(_HOOK) if isinstance(annotations, dict) else None
    return tuple(hook.strip() for hook in hooks.split(",")) if isinstance(hooks, str) else ()
