"""Compares one desired object with the live one, by what a server-side apply would make of it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from itertools import islice
from typing import Any

from holdfast.engine.diff import attribution, differences, masking, normalize, structural
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.comparison import Comparison, Difference
from holdfast.model.kube import KubeObject, key_of
from holdfast.model.names import FIELD_MANAGER, SyncCode


def compare(
    desired: KubeObject | None,
    live: KubeObject | None,
    predicted: KubeObject | None,
    ignore: Iterable[ResourceIgnoreDifferences] = (),
) -> Comparison:
    """`predicted` is what a dry-run apply of `desired` answered; without it the manifest's own fields are compared."""
    if live is None or desired is None:
        return Comparison(SyncCode.OUT_OF_SYNC)
    if predicted is live:
        return Comparison(SyncCode.SYNCED)
    rules = normalize.rules_for(key_of(live), ignore)
    after = predicted if predicted is not None else structural.overlaid(_plain(desired), live)
    found = list(
        islice(
            differences.walk(
                normalize.without_ignored(normalize.normalized(live), live, rules),
                normalize.without_ignored(normalize.normalized(after), live, rules),
            ),
            differences.LIMIT,
        )
    )
    if not found:
        return Comparison(SyncCode.SYNCED)
    return Comparison(SyncCode.OUT_OF_SYNC, tuple(_difference(live, *part) for part in found))


def _difference(live: KubeObject, path: tuple[Any, ...], before: Any, after: Any) -> Difference:
    holder = attribution.holder_of(live, path, apart_from=FIELD_MANAGER)
    if masking.is_secret(live):
        before, after = masking.masked_pair(path, before, after)
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
