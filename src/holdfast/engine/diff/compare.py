"""Compares one desired object with the live one, by what a server-side apply would make of it."""

from __future__ import annotations

import base64
from itertools import islice
from typing import Any

from msgspec import Struct

from holdfast.engine.diff import attribution, differences, ignoring, known_types, masking, normalize, structural
from holdfast.model.comparison import Comparison, Difference
from holdfast.model.ignoring import CompareSettings, Ignoring, Meant
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import FIELD_MANAGER, SyncCode


class Manner(Struct, frozen=True):
    """`server_side`: by what the server predicted. `webhooks`: what only a webhook would change is a difference too."""

    server_side: bool = True
    webhooks: bool = False


NOTHING_IGNORED = Ignoring()
USUAL = Manner()


def compare(
    desired: KubeObject | None,
    live: KubeObject | None,
    predicted: KubeObject | None,
    ignored: Ignoring = NOTHING_IGNORED,
    manner: Manner = USUAL,
) -> Comparison:
    """`predicted` is what a dry-run apply of `desired` answered; without it the manifest's own fields are compared."""
    if live is None or desired is None:
        return Comparison(SyncCode.OUT_OF_SYNC)
    after = outcome(desired, live, predicted, manner)
    if after is live:
        return Comparison(SyncCode.SYNCED)
    key = key_of(live)
    rules = ignoring.rules_for(key, ignored.rules)
    meant = ignored.meant.get(key, Meant())
    found = differences.walk(
        ignoring.without_ignored(normalize.normalized(live, ignored.settings), live, rules, meant.live),
        ignoring.without_ignored(normalize.normalized(after, ignored.settings), live, rules, meant.predicted),
    )
    if after is predicted and not manner.webhooks and _keeps_book(live, predicted):
        found = (part for part in found if _is_asked_for(part[0], live, predicted))
    parts = list(islice(found, differences.LIMIT))
    if not parts:
        return Comparison(SyncCode.SYNCED)
    return Comparison(SyncCode.OUT_OF_SYNC, tuple(_difference(live, ignored.settings, *part) for part in parts))


def outcome(desired: KubeObject, live: KubeObject, predicted: KubeObject | None, manner: Manner) -> KubeObject:
    """The object that `live` is compared with."""
    if predicted is not None and manner.server_side:
        return predicted
    return structural.three_way(known_types.in_one_form(_plain(desired)), live)


def _keeps_book(live: KubeObject, predicted: KubeObject) -> bool:
    """managedFields tell of what we wrote: not so in Secrets, whose `stringData` is stored elsewhere, nor across versions."""
    return (
        attribution.has_entry_of(predicted, FIELD_MANAGER)
        and not masking.is_secret(live)
        and live.get("apiVersion") == predicted.get("apiVersion")
    )


def _is_asked_for(path: tuple[Any, ...], live: KubeObject, predicted: KubeObject) -> bool:
    """The manifest says it, or said it before; what else changes is the work of a mutating webhook.

    Source: https://argo-cd.readthedocs.io/en/stable/user-guide/diff-strategies/#mutation-webhooks
    """
    return any(attribution.is_held_by(side, path, FIELD_MANAGER) for side in (predicted, live))


def _difference(
    live: KubeObject, settings: CompareSettings, path: tuple[Any, ...], before: Any, after: Any
) -> Difference:
    holder = attribution.holder_of(live, path, apart_from=FIELD_MANAGER)
    if masking.is_secret(live):
        before, after = masking.masked_pair(path, before, after, settings.masked_annotations)
    return Difference(differences.text_of(path), before, after, holder.manager, holder.since)


def _plain(desired: KubeObject) -> KubeObject:
    """A manifest as the server would store it: `stringData` is written to `data`, an explicit null is no value."""
    plain: KubeObject = _without_nulls(desired)
    if masking.is_secret(plain) and "stringData" in plain:
        plain = {**plain, "data": {**(plain.get("data") or {}), **_encoded(plain["stringData"])}}
        del plain["stringData"]
    return plain


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _encoded(texts: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
