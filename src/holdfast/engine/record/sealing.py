"""Replaces the values of Secrets by keyed digests, which can be compared and tell nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, group_of, key_of, kind_of, metadata_of
from holdfast.model.names import Annotation

HIDDEN = ("data", "stringData")
MASK = "++++++++"
DIGEST = "hmac-sha256:"
SHORTEST_SCRUBBED = 6
"""Shorter texts occur everywhere by chance."""

Texts: TypeAlias = tuple[str, ...]


def is_secret(obj: KubeObject) -> bool:
    return group_of(obj) == "" and kind_of(obj) == "Secret"


def sealed(obj: KubeObject, key: bytes, annotations: Collection[str] = ()) -> KubeObject:
    """A Secret with each value replaced, and those of the named annotations; without a key by a mask that tells only that
    there is one."""
    if not is_secret(obj):
        return obj
    name = key_of(obj)
    hidden = {part: _sealed_values(obj[part], part, name, key) for part in HIDDEN if obj.get(part) is not None}
    metadata = _without_copies(obj)
    said = {one: text for one, text in annotations_of(obj).items() if one in annotations}
    if said:
        digests = {one: _digest(_text(text).encode(), name, f"annotation {one}", key) for one, text in said.items()}
        metadata = {**metadata, "annotations": {**metadata["annotations"], **digests}}
    return {**obj, **hidden, "metadata": metadata}


def _sealed_values(values: Any, part: str, name: ObjectKey, key: bytes) -> Any:
    if not isinstance(values, dict):
        return _digest(_text(values).encode(), name, "", key)
    return {
        field: None if value is None else _digest(_value_bytes(value, part), name, field, key)
        for field, value in values.items()
    }


def _without_copies(obj: KubeObject) -> dict[str, Any]:
    """The metadata. kubectl's annotation holds the whole object once more, others may repeat a value."""
    metadata = metadata_of(obj)
    if not annotations_of(obj):
        return metadata
    annotations = scrubbed(annotations_of(obj), secret_texts([obj]))
    if Annotation.LAST_APPLIED in annotations:
        annotations[Annotation.LAST_APPLIED.value] = MASK
    return {**metadata, "annotations": annotations}


def _digest(value: bytes, name: ObjectKey, field: str, key: bytes) -> str:
    """The place is part of the digest: the same password in two places does not show."""
    if not key:
        return MASK
    place = json.dumps([name.namespace, name.name, field]).encode()
    return DIGEST + hmac.new(key, place + b"\0" + value, hashlib.sha256).hexdigest()[:32]


def _value_bytes(value: Any, part: str) -> bytes:
    """The same value digests alike in `data` and in `stringData`."""
    text = _text(value)
    return (part == "data" and _decoded(text)) or text.encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def secret_texts(objects: Iterable[KubeObject], annotations: Collection[str] = ()) -> Texts:
    """The values of all Secrets, and of these annotations of theirs, in every form in which a message or a parameter could
    repeat them; longest first."""
    found: set[str] = set()
    for obj in objects:
        if not is_secret(obj):
            continue
        found |= {_text(text) for name, text in annotations_of(obj).items() if name in annotations}
        for part in HIDDEN:
            values = obj.get(part)
            for value in values.values() if isinstance(values, dict) else [values]:
                text = _text(value)
                plain = _decoded(text).decode("utf-8", "ignore")
                found |= {text, plain, base64.b64encode(text.encode()).decode()}
    return tuple(
        sorted((text for text in found if len(text) >= SHORTEST_SCRUBBED), key=lambda text: (-len(text), text))
    )


def scrubbed(value: Any, texts: Texts) -> Any:
    """JSON without any of the texts in its strings."""
    if isinstance(value, dict):
        return {name: scrubbed(inner, texts) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(inner, texts) for inner in value]
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, MASK)
    return value
