"""A preview as a comment on a pull request: bounded as each host wants it, and shown to people without doing anything."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from holdfast.engine.preview import text, verdict
from holdfast.engine.preview.quoting import fence, name, quoted_line, without_values
from holdfast.model.preview import AppPreview, Preview
from holdfast.model.pull_request import Provider

MOST_LEFT_OUT: Final = 20
_LEFT_OUT_ROOM: Final = 6_000
"""For the names of those that are left out: MOST_LEFT_OUT of them at the longest."""


class Flavor(Struct, frozen=True):
    """`limit` in bytes of UTF-8; `folds`: the host shows `<details>`."""

    limit: int
    folds: bool = True


FLAVORS: Final = {
    # 65,536 characters.
    Provider.GITHUB: Flavor(64_000),
    # No limit is documented: as GitHub, whose form it has.
    Provider.GITEA: Flavor(64_000),
    # 1,000,000 characters, of which nobody reads the end.
    Provider.GITLAB: Flavor(250_000),
    # 32,768 characters, and HTML is shown as it is written.
    Provider.BITBUCKET: Flavor(32_000, folds=False),
    Provider.BITBUCKET_SERVER: Flavor(32_000, folds=False),
    # 150,000 characters, and of HTML no more than the simplest is shown.
    Provider.AZURE: Flavor(140_000, folds=False),
}


def marker(context: str) -> str:
    """The definition of a link that nothing uses: every host takes it for Markdown, and shows nothing."""
    return f"[//]: # (holdfast-preview {context})"


def comment(preview: Preview, flavor: Flavor, context: str = "") -> str:
    """With `context` it begins with its marker. What does not fit is left out by whole applications, and named."""
    head = f"{marker(context)}\n\n" if context else ""
    head += f"### Holdfast: what {name(preview.head[:12])} changes\n\n{verdict.sentence(preview)}\n\n"
    head += f"{text.summary(preview)}\n"
    parts, left_out = [head], list[AppPreview]()
    room = flavor.limit - _size(head) - _LEFT_OUT_ROOM
    for app in preview.apps:
        part = _part(app, flavor)
        if _size(part) > room:
            left_out.append(app)
            continue
        parts.append(part)
        room -= _size(part)
    if left_out:
        parts.append(_left_out(left_out))
    return "".join(parts)


def failure(head: str, reason: str, context: str) -> str:
    """When there is no preview at all."""
    body = "\n".join(quoted_line(line) for line in reason.splitlines()[:20])
    ticks = fence(body)
    return f"{marker(context)}\n\n### Holdfast: {name(head[:12])} cannot be previewed\n\n{ticks}text\n{body}\n{ticks}\n"


def _part(app: AppPreview, flavor: Flavor) -> str:
    body = "\n".join(_lines(app))
    warned = sum(len(change.warnings) for change in app.changes) + bool(app.hold) + len(app.notes)
    warning = f", {warned} to look at" if warned else ""
    title, ticks = f"{text.fate(app)}: {_objects(app)}{warning}", fence(body)
    block = f"{ticks}diff\n{body}\n{ticks}\n"
    if flavor.folds:
        return f"\n<details><summary><code>{name(str(app.name))}</code>{title}</summary>\n\n{block}\n</details>\n"
    return f"\n#### `{name(str(app.name))}`{title}\n\n{block}"


def _lines(app: AppPreview) -> list[str]:
    found = [f"! {line}" for line in app.problem.splitlines()]
    found += [f"! {text.hold_line(app)}"] if app.hold else []
    found += [f"! {note}" for note in app.notes]
    for change in app.changes:
        if (change.key.group, change.key.kind) == ("", "Secret"):
            warnings = tuple(without_values(warning) for warning in change.warnings)
            change = msgspec.structs.replace(change, warnings=warnings)
        found += text.object_lines(change)
    return [quoted_line(line) for line in found]


def _left_out(apps: list[AppPreview]) -> str:
    lines = [f"* `{name(str(app.name))}`: {_objects(app)}" for app in apps[:MOST_LEFT_OUT]]
    if len(apps) > MOST_LEFT_OUT:
        lines.append(f"* and {len(apps) - MOST_LEFT_OUT} more")
    return "\nLeft out, because a comment has an end (see `holdfast plan`):\n\n" + "\n".join(lines) + "\n"


def _objects(app: AppPreview) -> str:
    if app.problem:
        return "cannot be rendered"
    return f"{len(app.changes)} object{'' if len(app.changes) == 1 else 's'}"


def _size(part: str) -> int:
    return len(part.encode())
