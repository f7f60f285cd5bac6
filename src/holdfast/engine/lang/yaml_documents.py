"""Reads YAML as Kubernetes' own tools read it, within a budget, and writes it for people.

The events come from libyaml through PyYAML; composing and resolving are ours. Aliases are shared, never copied, but
each use counts as often as it would count when written out, so that a document of a few lines cannot stand for
gigabytes.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, TypeAlias

import yaml
from msgspec import Struct
from yaml._yaml import CParser

from holdfast.engine.lang import yaml_scalars
from holdfast.model.errors import HoldfastError

JsonValue: TypeAlias = Any
"""None, bool, int, float, str, list or dict with string keys."""

_MERGE_TAG: Final = "tag:yaml.org,2002:merge"


class YamlLimits(Struct, frozen=True):
    """`nodes` and `bytes` count what the text stands for with every alias written out."""

    bytes: int = 64 * 1024**2
    nodes: int = 5_000_000
    depth: int = 200
    documents: int = 20_000


DEFAULT_LIMITS: Final = YamlLimits()


class YamlInvalid(HoldfastError):
    """The text is no YAML, or says what Kubernetes cannot hold. Line and column count from 1."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        place = f"line {line}, column {column}: " if line else ""
        super().__init__(place + problem)
        self.problem = problem
        self.line = line
        self.column = column


class YamlTooLarge(YamlInvalid):
    """The text is, or stands for, more than the limits allow."""


def load_all(text: str | bytes, limits: YamlLimits = DEFAULT_LIMITS) -> list[JsonValue]:
    """Every document of the stream, None for an empty one."""
    return load_with_doubled_keys(text, limits)[0]


def load_with_doubled_keys(
    text: str | bytes, limits: YamlLimits = DEFAULT_LIMITS
) -> tuple[list[JsonValue], list[YamlInvalid]]:
    """Every document, as `load_all` has it, and the keys that a mapping has twice: the last one holds, which nobody who
    wrote the first one wants."""
    if len(text) > limits.bytes:
        raise YamlTooLarge(f"{len(text):,} bytes of YAML, {limits.bytes:,} are allowed")
    try:
        # A byte order mark is no content; libyaml takes it only from bytes.
        composer = _Composer(text.removeprefix("\ufeff") if isinstance(text, str) else text, limits)
        return composer.documents(), composer.doubled
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.context, error.problem) if part) or "invalid YAML"
        raise YamlInvalid(problem, *_place(mark)) from None
    except yaml.reader.ReaderError as error:
        raise YamlInvalid(f"{error.reason} at position {error.position}") from None
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise YamlInvalid(f"not UTF-8 text: {error.reason} at position {error.start}") from None


def load_one(text: str | bytes, limits: YamlLimits = DEFAULT_LIMITS) -> JsonValue:
    """The only document; None for an empty text. A second document is an error."""
    documents = load_all(text, limits)
    if len(documents) > 1:
        raise YamlInvalid(f"one document is expected, {len(documents)} are there")
    return documents[0] if documents else None


def dump(obj: JsonValue) -> str:
    """Block style, keys in the order given; load_one(dump(obj)) == obj."""
    return yaml.dump(
        obj, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=2**20, indent=2
    )


class _Composer:
    """Builds values from events and keeps the account of what they stand for."""

    def __init__(self, text: str | bytes, limits: YamlLimits) -> None:
        self._events = CParser(text)
        self._limits = limits
        self._nodes = 0
        self._bytes = 0
        self._anchors: dict[str, tuple[JsonValue, int, int]] = {}
        self.doubled: list[YamlInvalid] = []

    def documents(self) -> list[JsonValue]:
        found: list[JsonValue] = []
        while True:
            event = self._events.get_event()
            if type(event) is yaml.DocumentStartEvent:
                if len(found) >= self._limits.documents:
                    self._too_large(event, f"more than {self._limits.documents:,} documents")
                self._anchors = {}
                found.append(self._node(self._events.get_event(), 0))
            elif type(event) is yaml.StreamEndEvent:
                return found

    def _node(self, event: Any, depth: int) -> JsonValue:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        nodes, text = self._nodes, self._bytes
        self._nodes += 1
        value: JsonValue
        if kind is yaml.ScalarEvent:
            self._bytes += len(event.value)
            self._check(event)
            value = self._scalar(event)
        elif depth >= self._limits.depth:
            self._too_large(event, f"nested deeper than {self._limits.depth} levels")
        elif kind is yaml.MappingStartEvent:
            value = self._mapping(depth + 1)
        else:
            value = self._sequence(depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - nodes, self._bytes - text)
        return value

    def _alias(self, event: Any) -> JsonValue:
        try:
            value, nodes, text = self._anchors[event.anchor]
        except KeyError:
            # An anchor is known only when its node is complete: a value cannot hold itself.
            self._invalid(event, f"alias *{event.anchor} names no anchor before it")
        self._nodes += nodes
        self._bytes += text
        self._check(event)
        return value

    def _sequence(self, depth: int) -> list[JsonValue]:
        items: list[JsonValue] = []
        get, append = self._events.get_event, items.append
        while type(event := get()) is not yaml.SequenceEndEvent:
            append(self._node(event, depth))
        return items

    def _mapping(self, depth: int) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        merged: frozenset[str] = frozenset()
        get = self._events.get_event
        while type(event := get()) is not yaml.MappingEndEvent:
            if type(event) is yaml.ScalarEvent and event.value == "<<" and _is_merge(event):
                self._merge(found, get(), depth)
                merged = frozenset(found)
                continue
            key = self._key(event, depth)
            if key in found and key not in merged:
                self._note_doubled(key, event)
            found[key] = self._node(get(), depth)
        return found

    def _note_doubled(self, key: str, event: Any) -> None:
        self.doubled.append(YamlInvalid(f"the key {key!r} is there twice", *_place(event.start_mark)))

    def _key(self, event: Any, depth: int) -> str:
        value = self._node(event, depth)
        if isinstance(value, dict | list):
            self._invalid(event, "a mapping or a list cannot be a key")
        try:
            return value if type(value) is str else yaml_scalars.key_text(value)
        except ValueError as error:
            self._invalid(event, str(error))

    def _merge(self, into: dict[str, JsonValue], event: Any, depth: int) -> None:
        """go-yaml v2 merges where it meets the key: what stands before is overwritten, what follows overwrites."""
        value = self._node(event, depth)
        sources = list(reversed(value)) if isinstance(value, list) else [value]
        for source in sources:
            if not isinstance(source, dict):
                self._invalid(event, "<< needs a mapping or a list of mappings")
            into.update(source)

    def _scalar(self, event: Any) -> yaml_scalars.Scalar:
        try:
            if event.tag is not None:
                return yaml_scalars.resolve_tagged(event.tag, event.value)
            return yaml_scalars.resolve_plain(event.value) if event.implicit[0] else event.value
        except ValueError as error:
            self._invalid(event, str(error))

    def _check(self, event: Any) -> None:
        if self._nodes > self._limits.nodes:
            self._too_large(event, f"stands for more than {self._limits.nodes:,} values with its aliases written out")
        if self._bytes > self._limits.bytes:
            self._too_large(event, f"stands for more than {self._limits.bytes:,} bytes with its aliases written out")

    def _invalid(self, event: Any, problem: str) -> NoReturn:
        raise YamlInvalid(problem, *_place(event.start_mark))

    def _too_large(self, event: Any, problem: str) -> NoReturn:
        raise YamlTooLarge(problem, *_place(event.start_mark))


def _is_merge(event: Any) -> bool:
    return bool(event.implicit[0]) or event.tag == _MERGE_TAG


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


class _Dumper(yaml.CSafeDumper):
    """Quotes what our reader would not take for text, writes long texts as blocks and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text and not any(line != line.rstrip() for line in text.split("\n")) and not text[0].isspace():
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _reads_as_text(text) else '"')


def _reads_as_text(text: str) -> bool:
    try:
        return isinstance(yaml_scalars.resolve_plain(text), str)
    except ValueError:
        return False


_Dumper.add_representer(str, _represent_text)
