"""Whether an object answers to the label and field selectors of a list or a watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model import errors
from holdfast.sandbox import kind_traits
from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.request_options import ReadOptions
from holdfast.sandbox.storage import Stored


class Selection:
    """The selectors of one request, checked against the fields that the kind lets select. Raises BadRequest."""

    def __init__(self, served: ServedType, options: ReadOptions) -> None:
        self._labels = options.labels
        self._fields = options.fields
        self._extra = kind_traits.SELECTABLE_FIELDS.get(kind_traits.group_kind(served), {})
        self._custom: Mapping[str, str] = dict.fromkeys(served.selectable_fields, "")
        for requirement in options.fields.requirements:
            if requirement.field in ("metadata.name", "metadata.namespace"):
                continue
            if requirement.field not in self._extra and requirement.field not in self._custom:
                message = (
                    f"field label not supported: {requirement.field}"
                    if self._extra
                    else f'"{requirement.field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
                )
                raise errors.BadRequest(message)
        self._needs_object = any(
            not requirement.field.startswith("metadata.") for requirement in options.fields.requirements
        )

    @property
    def takes_everything(self) -> bool:
        return not self._labels.requirements and not self._fields.requirements

    def matches(self, stored: Stored) -> bool:
        if self._labels.requirements and not self._labels.matches(stored.labels):
            return False
        return not self._fields.requirements or self._fields.matches(self._values(stored))

    def _values(self, stored: Stored) -> dict[str, str]:
        values = {"metadata.name": stored.key.name, "metadata.namespace": stored.key.namespace}
        if self._needs_object:
            obj = stored.decode()
            for field, absent in {**self._extra, **self._custom}.items():
                values[field] = _text(_at(obj, field), absent)
        return values


def _at(obj: dict[str, Any], field: str) -> Any:
    # Two names that the server gives to fields which are elsewhere in the object.
    field = {"name": "metadata.name", "source": "source.component", "status.successful": "status.succeeded"}.get(
        field, field
    )
    value: Any = obj
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any, absent: str) -> str:
    if value is None:
        return absent
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
