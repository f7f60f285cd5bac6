"""What a server said, and the same without what no two servers can have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from holdfast.ports.transport import Response

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# A patch that leads to a wrong type is refused with the whole object, in an order of Go's.
OBJECT_IN_MESSAGE = re.compile(r'(?<=Invalid value: )"\{\\"apiVersion.*\}"|(?<=Invalid value: )"\{\\"kind\\":.*\}"')
# Values that a server chooses, by the name of their field.
CHOSEN = {
    "resourceVersion": "VERSION",
    "clusterIP": "ADDRESS",
    "nodePort": "PORT",
    "healthCheckNodePort": "PORT",
    "continue": "TOKEN",
    "ca.crt": "CERTIFICATE",
    "storageVersionHash": "HASH",
}
MEANT_VALUES = ("", "None", 0)


class Answer(NamedTuple):
    """Names of headers are in lower case; a body that is no JSON is its text."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, response: Response) -> Answer:
        try:
            body = json.loads(response.body)
        except ValueError:
            body = response.body.decode(errors="replace")
        return cls(response.status, response.headers, body)


class Eraser:
    """Replaces uids, times, versions, addresses and the test's own namespace by their names."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def answer(self, answer: Answer) -> dict[str, Any]:
        """Status, warnings and body; the body last, so that a recording reads well."""
        warnings = answer.headers.get("warning")
        return {
            "status": answer.status,
            **({"warning": self.erased(warnings)} if warnings else {}),
            "body": self.erased(answer.body),
        }

    def erased(self, value: Any, name: str = "") -> Any:
        if name in CHOSEN and value not in MEANT_VALUES:
            return CHOSEN[name]
        if name == "clusterIPs" and value != ["None"]:
            return ["ADDRESS"]
        if isinstance(value, dict):
            return {self._text(key): self.erased(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return _in_timeless_order([self.erased(each) for each in value])
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = OBJECT_IN_MESSAGE.sub('"OBJECT"', text)
        text = TIME.sub("TIME", UID.sub("UID", text))
        return text.replace(self._namespace, "NAMESPACE") if self._namespace else text


def _in_timeless_order(items: list[Any]) -> list[Any]:
    """Owners of fields as a server sorts those of one second: whether another begins between two writes is nobody's
    doing."""
    if not all(isinstance(item, dict) and "fieldsType" in item for item in items):
        return items
    return sorted(items, key=_timeless)


def _timeless(entry: Mapping[str, Any]) -> tuple[str, bool, list[str]]:
    return (
        entry["operation"],
        "time" in entry,
        [entry.get(name, "") for name in ("manager", "apiVersion", "subresource")],
    )
