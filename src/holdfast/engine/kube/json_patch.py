"""JSON patch (RFC 6902, as loosely as the API server takes it): a list of operations on a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from holdfast.engine.kube.canonical import equal

MAX_OPERATIONS: Final = 10_000
MAX_COPIED_BYTES: Final = 3 * 1024 * 1024  # the API server's bound on what all copy operations add together
MAX_DEPTH: Final = 200

# What is done in the container that a pointer leads to: from the container and the last step to the new container.
_Edit = Callable[[Any, str], Any]


class PatchError(ValueError):
    """One operation cannot be done: `index` of the operation, its `path` and the reason."""

    def __init__(self, index: int, path: str, reason: str) -> None:
        super().__init__(f"operation {index} at {path!r}: {reason}")
        self.index = index
        self.path = path
        self.reason = reason


class _Refused(Exception):
    """Why an operation cannot be done, before it is known which one it is."""


def apply(document: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """The document after all operations; `document` itself is left as it is."""
    if not isinstance(operations, list | tuple):
        raise PatchError(0, "", "a JSON patch is a list of operations")
    if len(operations) > MAX_OPERATIONS:
        raise PatchError(MAX_OPERATIONS, "", f"a JSON patch may have {MAX_OPERATIONS} operations at most")
    copied = 0
    for index, operation in enumerate(operations):
        if not isinstance(operation, Mapping):
            raise PatchError(index, "", "an operation is an object")
        try:
            if operation.get("op") == "copy":
                copied += len(orjson.dumps(_read(document, _pointer(operation, "from"))))
                if copied > MAX_COPIED_BYTES:
                    raise _Refused(f"copy operations add more than {MAX_COPIED_BYTES} bytes")
            document = _apply_one(document, operation)
        except _Refused as refused:
            raise PatchError(index, str(operation.get("path", "")), str(refused)) from None
    return document


def _apply_one(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _pointer(operation, "path")
    match operation.get("op"):
        case "add":
            return _add(document, path, operation.get("value"))
        case "remove":
            return _remove(document, path)
        case "replace":
            value = operation.get("value")
            return _change(document, path, lambda at, step: _put(at, step, value)) if path else value
        case "move":
            source = _pointer(operation, "from")
            if path[: len(source)] == source and path != source:
                raise _Refused("a value cannot be moved into itself")
            value = _read(document, source)
            return document if path == source else _add(_remove(document, source), path, value)
        case "copy":
            return _add(document, path, _read(document, _pointer(operation, "from")))
        case "test":
            if not equal(_read(document, path), operation.get("value")):
                raise _Refused("the test failed")
            return document
        case other:
            raise _Refused(f"unknown operation {other!r}")


def _pointer(operation: Mapping[str, Any], member: str) -> tuple[str, ...]:
    text = operation.get(member)
    if not isinstance(text, str):
        raise _Refused(f"the operation has no {member!r}")
    if not text:
        return ()
    if not text.startswith("/"):
        raise _Refused(f"the JSON pointer {text!r} does not start with '/'")
    tokens = text[1:].split("/")
    if len(tokens) > MAX_DEPTH:
        raise _Refused(f"the JSON pointer has more than {MAX_DEPTH} parts")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in tokens)


def _read(document: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        document = _child(document, step)
    return document


def _child(container: Any, step: str) -> Any:
    if isinstance(container, dict):
        if step not in container:
            raise _Refused(f"there is no {step!r}")
        return container[step]
    if isinstance(container, list):
        return container[_index(container, step, len(container) - 1)]
    raise _Refused(f"{step!r} is looked for in what is neither an object nor a list")


def _index(container: list[Any], step: str, highest: int) -> int:
    if not (step.isascii() and step.isdigit()) or (step[0] == "0" and step != "0"):
        raise _Refused(f"{step!r} is no index of a list")
    if len(step) > 9 or int(step) > highest:
        raise _Refused(f"index {step} is out of bounds: the list has {len(container)} items")
    return int(step)


def _change(document: Any, path: tuple[str, ...], edit: _Edit) -> Any:
    """The document with the container at the path's end changed; only what is on the way is copied."""
    if len(path) == 1:
        return edit(document, path[0])
    changed = _change(_child(document, path[0]), path[1:], edit)
    return _replaced(document, path[0], changed)


def _add(document: Any, path: tuple[str, ...], value: Any) -> Any:
    return _change(document, path, lambda at, step: _added(at, step, value)) if path else value


def _remove(document: Any, path: tuple[str, ...]) -> Any:
    if not path:
        raise _Refused("the whole document cannot be removed")
    return _change(document, path, _removed)


def _added(container: Any, step: str, value: Any) -> Any:
    if isinstance(container, dict):
        return {**container, step: value}
    if isinstance(container, list):
        at = len(container) if step == "-" else _index(container, step, len(container))
        return [*container[:at], value, *container[at:]]
    raise _Refused(f"{step!r} cannot be added to what is neither an object nor a list")


def _replaced(container: Any, step: str, value: Any) -> Any:
    _child(container, step)
    if isinstance(container, dict):
        return {**container, step: value}
    at = int(step)
    return [*container[:at], value, *container[at + 1 :]]


def _put(container: Any, step: str, value: Any) -> Any:
    """A member of an object need not be there to be replaced: the API server is not strict about it."""
    return {**container, step: value} if isinstance(container, dict) else _replaced(container, step, value)


def _removed(container: Any, step: str) -> Any:
    _child(container, step)
    if isinstance(container, dict):
        return {key: value for key, value in container.items() if key != step}
    at = int(step)
    return [*container[:at], *container[at + 1 :]]
