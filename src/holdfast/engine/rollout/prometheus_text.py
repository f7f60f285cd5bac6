"""Figures as Prometheus reads them.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/, "Text-based format"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from holdfast.model.figures import Histogram

Labels = Mapping[str, str]


def gauge(name: str, text: str, values: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield from _family(name, "gauge", text, values)


def counter(name: str, text: str, values: Iterable[tuple[Labels, int]]) -> Iterator[str]:
    yield from _family(name, "counter", text, values)


def histogram(name: str, text: str, values: Iterable[tuple[Labels, Histogram]]) -> Iterator[str]:
    yield from _heading(name, "histogram", text)
    for labels, found in values:
        for bound, count in zip(found.bounds, found.within, strict=True):
            yield _line(f"{name}_bucket", {**labels, "le": f"{bound:g}"}, count)
        yield _line(f"{name}_bucket", {**labels, "le": "+Inf"}, found.count)
        yield _line(f"{name}_sum", labels, round(found.total, 6))
        yield _line(f"{name}_count", labels, found.count)


def _family(name: str, kind: str, text: str, values: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield from _heading(name, kind, text)
    for labels, value in values:
        yield _line(name, labels, value)


def _heading(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Labels, value: float) -> str:
    said = ",".join(f'{label}="{_escaped(word)}"' for label, word in labels.items())
    return f"{name}{{{said}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
