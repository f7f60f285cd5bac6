"""Chooses the form of an answer from what the client accepts."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from holdfast.model import errors
from holdfast.ports.transport import Request

_JSON: Final = frozenset({"application/json", "application/*", "*/*", ""})
_YAML: Final = "application/yaml"


class Form(Enum):
    """What an object or a list is shown as."""

    WHOLE = "whole"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"
    METADATA_LIST = "PartialObjectMetadataList"


class Accepted(Struct, frozen=True):
    form: Form = Form.WHOLE
    yaml: bool = False


class Choice(Struct, frozen=True):
    """One entry of an Accept header: the media type and its parameters."""

    media_type: str
    parameters: dict[str, str]


def choices(request: Request) -> tuple[Choice, ...]:
    """The entries in the client's order; everything is accepted when it says nothing."""
    return _choices(request.headers.get("accept", ""))


@lru_cache(maxsize=64)
def _choices(header: str) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for entry in header.split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        found.append(Choice(media_type.lower(), {name: value for name, _, value in pairs}))
    return tuple(found)


def accepted(request: Request) -> Accepted:
    """The first form that can be given. Raises NotAcceptable."""
    for choice in choices(request):
        is_yaml = choice.media_type == _YAML
        if not is_yaml and choice.media_type not in _JSON:
            continue
        wanted = choice.parameters.get("as", "")
        if not wanted or wanted == "none":
            return Accepted(yaml=is_yaml)
        if choice.parameters.get("g") == "meta.k8s.io" and wanted in (
            "Table",
            Form.METADATA.value,
            Form.METADATA_LIST.value,
        ):
            return Accepted(Form(wanted), is_yaml)
    raise not_acceptable()


def not_acceptable() -> errors.ApiError:
    available = ", ".join(("application/json", _YAML, "application/vnd.kubernetes.protobuf"))
    message = f"406: Not Acceptable\n\nAvailable representations: {available}"
    return errors.ApiError(message, status=406, reason="NotAcceptable")
