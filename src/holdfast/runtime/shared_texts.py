"""Texts that the metadata of many objects repeat, held once: names, namespaces, labels, kinds of owners."""

from __future__ import annotations

import msgspec

from holdfast.model.live import LiveMetadata, OwnerReference

MOST = 16_384


class SharedTexts:
    """Forgets what it has seen when that becomes too much: what is shared stays so, only the next ones are not.

    Of its own rather than `sys.intern`, which keeps every text for ever in some versions of Python.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._texts: dict[str, str] = {}
        self._maps: dict[bytes, dict[str, str]] = {}

    def within(self, metadata: LiveMetadata) -> LiveMetadata:
        """The same metadata. What differs from object to object, such as the uid, is left as it is."""
        if len(self._texts) > self._most or len(self._maps) > self._most:
            self._texts.clear()
            self._maps.clear()
        annotations = metadata.annotations
        return msgspec.structs.replace(
            metadata,
            name=self._text(metadata.name),
            namespace=self._text(metadata.namespace),
            creation_timestamp=self._text(metadata.creation_timestamp) if metadata.creation_timestamp else None,
            labels=self._map(metadata.labels) if metadata.labels else None,
            annotations={self._text(name): value for name, value in annotations.items()} if annotations else None,
            finalizers=tuple(map(self._text, metadata.finalizers)),
            owner_references=tuple(map(self._owner, metadata.owner_references)),
        )

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _map(self, labels: dict[str, str]) -> dict[str, str]:
        written = msgspec.json.encode(labels)
        known = self._maps.get(written)
        if known is None:
            known = self._maps[written] = {self._text(name): self._text(value) for name, value in labels.items()}
        return known

    def _owner(self, owner: OwnerReference) -> OwnerReference:
        return OwnerReference(
            self._text(owner.api_version),
            self._text(owner.kind),
            self._text(owner.name),
            self._text(owner.uid),
            owner.controller,
        )
