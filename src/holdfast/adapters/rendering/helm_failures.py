"""Helm's errors in the words of ours: which file, which line, what is wrong."""

from __future__ import annotations

import re
from typing import Final

from helm_python import errors as helm_errors

from holdfast.engine.render.helm import output
from holdfast.engine.render.helm.job import HelmJob
from holdfast.model.errors import Blocked

MAX_MESSAGE: Final = 2000
# A place stands at the start of a line, behind "template: " or in parentheses; the column is of no use to people.
_PLACE: Final = re.compile(r"(?:^\s*|template: |at \()(?P<file>[^\s:()\"]+):(?P<line>\d+)(?::\d+)?\)?:?", re.MULTILINE)
_EXECUTING: Final = re.compile(r'executing "[^"]*" at <(?P<what>.*?)>:')
_NOISE: Final = re.compile(r'executing "[^"]*" at <.*?>:|error calling \w+:|^template: ', re.MULTILINE)


def translate(error: helm_errors.HelmError, job: HelmJob) -> Blocked:
    text = _shortened(error.detail.strip())
    if "meet the specifications of the schema" in text:
        return Blocked("ChartInvalid", f"values do not fit the chart's values.schema.json: {_schema_problems(text)}")
    if isinstance(error, helm_errors.HelmChartLoadError | helm_errors.HelmChartInvalidError):
        return Blocked("ChartInvalid", f"chart {job.chart.path or job.chart.name}: {text}")
    return Blocked("TemplateError", _located(text, job) or f"chart {job.chart.name}: {text}")


def _located(text: str, job: HelmJob) -> str:
    """`templates/a.yaml:12: message`: the innermost place first, then from where it was reached."""
    places = list(_PLACE.finditer(text))
    # Text that `tpl` renders is called "gotpl": it stands in no file.
    named = [match for match in places if "/" in match["file"]]
    if not named:
        return ""
    outer, inner = (f"{output.template_path(job, match['file'])}:{match['line']}" for match in (named[0], named[-1]))
    said = text[places[-1].end() :]
    at = _EXECUTING.search(said)
    message = f"{inner}: {' '.join(_NOISE.sub(' ', said).split())}"
    if at:
        message += f" (at {at['what']})"
    return message + (f", reached from {outer}" if outer != inner else "")


def _shortened(text: str) -> str:
    """A template that includes itself gives a very long chain: its ends say all."""
    half = MAX_MESSAGE // 2
    return text if len(text) <= MAX_MESSAGE else f"{text[:half]}\n{text[-half:]}"


def _schema_problems(text: str) -> str:
    """One line: each chart's name and its problems, sorted, since Helm gives them in any order."""
    charts: dict[str, list[str]] = {}
    for line in (line.strip() for line in text.splitlines()[1:]):
        if line.startswith("- ") and charts:
            charts[next(reversed(charts))].append(line.removeprefix("- "))
        elif line:
            charts[line] = []
    return "; ".join(f"{chart} {'; '.join(sorted(problems))}" for chart, problems in charts.items()) or text
