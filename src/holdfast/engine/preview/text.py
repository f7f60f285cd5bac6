"""A preview for a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from holdfast.model.comparison import Difference
from holdfast.model.preview import AppPreview, ChangeKind, ObjectChange, Preview

SIGNS = {ChangeKind.CREATE: "+", ChangeKind.CHANGE: "~", ChangeKind.DELETE: "-"}
VERBS = {ChangeKind.CREATE: "to create", ChangeKind.CHANGE: "to change", ChangeKind.DELETE: "to delete"}
MOST_VALUE = 200


def lines(preview: Preview) -> Iterator[str]:
    """A heading for each application, a line for each object and field, and a sum at the end."""
    for app in preview.apps:
        yield f"{app.name}{fate(app)}"
        if app.problem:
            yield f"  ! {app.problem}"
        if app.hold:
            yield f"  ! {hold_line(app)}"
        yield from (f"  ! {note}" for note in app.notes)
        for change in app.changes:
            yield from (f"  {line}" for line in object_lines(change))
        yield ""
    yield summary(preview)


def hold_line(app: AppPreview) -> str:
    return f"the deletion guard would wait for a person: {app.hold}"


def object_lines(change: ObjectChange) -> Iterator[str]:
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


def fate(app: AppPreview) -> str:
    return f" (application {VERBS[app.kind]})" if app.kind is not None else ""


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
                "hold": app.hold,
                "notes": list(app.notes),
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
