"""A preview for a terminal, and for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from holdfast.model.comparison import Difference
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview

SIGNS = {ChangeKind.CREATE: "+", ChangeKind.CHANGE: "~", ChangeKind.DELETE: "-"}
VERBS = {ChangeKind.CREATE: "to create", ChangeKind.CHANGE: "to change", ChangeKind.DELETE: "to delete"}
MOST_VALUE = 200
MOST_COMMENT = 60_000
"""Bitbucket takes 32,768 characters, GitHub 65,536; what is longer is cut at a whole application."""


def lines(preview: Preview) -> Iterator[str]:
    """A heading for each application, a line for each object and field, and a sum at the end."""
    for app in preview.apps:
        yield f"{app.name}{_fate(app)}"
        if app.problem:
            yield f"  ! {app.problem}"
        for change in app.changes:
            yield from (f"  {line}" for line in _object_lines(change))
        yield ""
    yield summary(preview)


def _object_lines(change: ObjectChange) -> Iterator[str]:
    hook = " (hook)" if change.hook else ""
    yield f"{SIGNS[change.kind]} {change.key}{hook}"
    yield from (f"    ! {warning}" for warning in change.warnings)
    yield from (f"    {field_line(field)}" for field in change.fields)
    if change.live_fields:
        yield "    besides, in the cluster:"
        yield from (f"    {field_line(field)}" for field in change.live_fields)


def summary(preview: Preview) -> str:
    """`3 of 40 applications: 1 object to create, 4 to change, 2 to delete`."""
    if preview.is_empty:
        return f"No change: {preview.unaffected} applications read the repository, and none of them is rendered differently."
    whole = len(preview.apps) + preview.unaffected
    counts = [f"{preview.count(kind)} {VERBS[kind]}" for kind in ChangeKind if preview.count(kind)]
    problems = sum(bool(app.problem) for app in preview.apps)
    if problems:
        counts.append(f"{problems} cannot be rendered")
    return f"{len(preview.apps)} of {whole} applications: {', '.join(counts) or 'nothing to do in the cluster'}"


def field_line(field: Difference) -> str:
    if field.before is None:
        return f"+ {field.path}: {_value(field.after)}"
    if field.after is None:
        return f"- {field.path}: {_value(field.before)}"
    return f"~ {field.path}: {_value(field.before)} -> {_value(field.after)}"


def _value(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}… ({len(text)} characters)"


def _fate(app: AppPreview) -> str:
    return f" (application {VERBS[app.kind]})" if app.kind is not None else ""


def markdown(preview: Preview) -> str:
    """For a comment: one folded part an application, bounded in size."""
    head = f"### Holdfast: what {preview.head[:12]} changes\n\n{summary(preview)}\n"
    parts = [head]
    size = len(head)
    for number, app in enumerate(preview.apps):
        part = _markdown_of(app)
        if size + len(part) > MOST_COMMENT:
            parts.append(f"\n… and {len(preview.apps) - number} more applications: see `holdfast plan`.\n")
            break
        parts.append(part)
        size += len(part)
    return "".join(parts)


def _markdown_of(app: AppPreview) -> str:
    body = [f"! {app.problem}"] if app.problem else []
    body += [line for change in app.changes for line in _object_lines(change)]
    fence = _fence("\n".join(body))
    warned = sum(len(change.warnings) for change in app.changes)
    warning = f", **{warned} to look at**" if warned else ""
    title = f"{app.name}{_fate(app)}: {len(app.changes)} objects{warning}"
    return f"\n<details><summary>{title}</summary>\n\n{fence}diff\n" + "\n".join(body) + f"\n{fence}\n\n</details>\n"


def _fence(body: str) -> str:
    """Longer than any run of backticks in the text, so that a value cannot leave its block."""
    longest, run = 2, 0
    for character in body:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return "`" * (longest + 1)


def document(preview: Preview) -> dict[str, Any]:
    """For `-o json`."""
    return {
        "repository": preview.repository,
        "base": preview.base,
        "head": preview.head,
        "unaffected": preview.unaffected,
        "applications": [
            {
                "name": str(app.name),
                "change": app.kind,
                "baseRevision": app.base_revision,
                "headRevision": app.head_revision,
                "problem": app.problem,
                "objects": [_object_document(change) for change in app.changes],
            }
            for app in preview.apps
        ],
    }


def _object_document(change: ObjectChange) -> dict[str, Any]:
    key = change.key
    return {
        "group": key.group,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "change": change.kind,
        "hook": change.hook,
        "warnings": list(change.warnings),
        "fields": [_field_document(field) for field in change.fields],
        "liveFields": [_field_document(field) for field in change.live_fields],
    }


def _field_document(field: Difference) -> dict[str, Any]:
    return {"path": field.path, "before": field.before, "after": field.after}
