"""The page as HTML; everything that comes from the cluster is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from holdfast.cli.rollout.dashboard.actions import ACTIONS, Action
from holdfast.cli.rollout.dashboard.entries import Entry

HEADINGS: Final = (
    "Rollout",
    "Strategy",
    "Step",
    "Weight",
    "Phase",
    "Message",
    "Ready",
    "Images",
    "Analysis",
    "Actions",
)
_SIGNS: Final = {"Healthy": "✓", "Progressing": "…", "Paused": "‖", "Degraded": "✕", "Unreadable": "?"}


def page(found: Sequence[Entry], *, where: str, said: str = "", is_refused: bool = False) -> str:
    """`said` is the answer to what was asked for last."""
    role = "alert" if is_refused else "status"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rollouts of {escape(where)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
<noscript><meta http-equiv="refresh" content="5; url=/"></noscript>
</head>
<body>
<header><h1>Rollouts</h1><p>{escape(where)}</p><p id="state"></p></header>
<p id="said" role="{role}">{escape(said)}</p>
<main>
{_table(found)}
</main>
</body>
</html>
"""


def _table(found: Sequence[Entry]) -> str:
    if not found:
        return "<p>There is no Rollout here.</p>"
    headings = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    rows = "\n".join(_row(entry) for entry in found)
    count = "1 Rollout" if len(found) == 1 else f"{len(found)} Rollouts"
    return f"<table><caption>{count}</caption>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _row(entry: Entry) -> str:
    known = entry.phase if entry.phase in _SIGNS else "Unreadable"
    sign = f'<span class="phase {known.lower()}"><span aria-hidden="true">{_SIGNS[known]}</span>'
    cells = (
        escape(entry.strategy),
        escape(entry.step),
        escape(entry.weight),
        f"{sign} {escape(entry.phase)}</span>",
        escape(entry.message),
        escape(entry.ready),
        "<br>".join(map(_image, entry.images)) or "-",
        _lines(entry.analyses),
        _form(entry),
    )
    key = f'<th scope="row"><span class="namespace">{escape(entry.namespace)}/<wbr></span>{escape(entry.name)}</th>'
    return f"<tr>{key}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(escape(text) for text in texts) or "-"


def _image(image: str) -> str:
    """Its name and tag; the registry, the same for most, is there when asked for."""
    return f'<span title="{escape(image)}">{escape(image.rpartition("/")[2])}</span>'


def _form(entry: Entry) -> str:
    if not entry.refusals:
        return "-"
    buttons = "".join(_button(action, entry) for action in ACTIONS.values())
    return (
        '<form method="post" action="/">'
        f'<input type="hidden" name="namespace" value="{escape(entry.namespace)}">'
        f'<input type="hidden" name="name" value="{escape(entry.name)}">{buttons}</form>'
    )


def _button(action: Action, entry: Entry) -> str:
    key = escape(f"{entry.namespace}/{entry.name}")
    refusal = entry.refusals[action.name]
    more = f' disabled title="{escape(refusal)}"' if refusal else ""
    more += " data-confirm" if action.is_confirmed else ""
    label = f'aria-label="{action.label} {key}"'
    return f'<button id="{action.name}:{key}" name="action" value="{action.name}" {label}{more}>{action.label}</button>'
