"""The pretended secret manager of a cloud: a local file of YAML or JSON, from name to text or to properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

LARGEST_FILE = 1024 * 1024


class CloudSecretError(Exception):
    """A secret cannot be had; the message names the key, never a value."""


class CloudSecrets:
    """Read anew whenever it is asked, so that a change to the file is seen at the next refresh."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def value(self, key: str, secret_property: str = "") -> str:
        found = self._entry(key)
        if not secret_property:
            return found if isinstance(found, str) else json.dumps(found)
        properties = _properties(found)
        if secret_property in properties:
            return _text(properties[secret_property])
        inner: Any = properties
        for step in secret_property.split("."):
            if not isinstance(inner, dict) or step not in inner:
                raise CloudSecretError(f"key {secret_property} does not exist in secret {key}")
            inner = inner[step]
        return _text(inner)

    def all_properties(self, key: str) -> dict[str, str]:
        properties = _properties(self._entry(key))
        if not properties:
            raise CloudSecretError(f"secret {key} holds no properties to extract")
        return {name: _text(value) for name, value in properties.items()}

    def _entry(self, key: str) -> Any:
        entries = self._read()
        if key not in entries or entries[key] is None:
            raise CloudSecretError(f"secret {key} does not exist")
        found = entries[key]
        return found if isinstance(found, dict) else _text(found)

    def _read(self) -> dict[str, Any]:
        if self._file is None or not self._file.exists():
            return {}
        with self._file.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise CloudSecretError(f"{self._file} is larger than {LARGEST_FILE} bytes")
        try:
            entries = yaml.safe_load(content)
        except (yaml.YAMLError, ValueError):
            # The parser's own message may quote a secret.
            raise CloudSecretError(f"{self._file} is neither YAML nor JSON") from None
        if entries is not None and not isinstance(entries, dict):
            raise CloudSecretError(f"{self._file} is not a mapping from names to secrets")
        return entries or {}


def _properties(found: Any) -> dict[str, Any]:
    """Secrets with properties may be written as a mapping or, as clouds keep them, as a text of JSON."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
