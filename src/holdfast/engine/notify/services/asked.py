"""What a service is asked for, and the parts of its answers and requests that several kinds share."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from holdfast.engine.lang import yaml_documents
from holdfast.engine.lang.yaml_documents import YamlInvalid
from holdfast.model.notification import HttpRequest

JSON: Final = ("Content-Type", "application/json")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

T = TypeVar("T")


class Asked(Struct, frozen=True):
    """One delivery to one recipient: `options` are those of the service with the values of the Secret, `text` are the
    filled fields that the template has for this kind."""

    options: Mapping[str, Any]
    text: Mapping[str, Any]
    message: str
    recipient: str
    now: datetime


def converted(found: Mapping[str, Any], shape: type[T]) -> T:
    """Raises ValueError that names the field."""
    try:
        return msgspec.convert(dict(found), shape, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def posted(url: str, body: Any, *headers: tuple[str, str], insecure: bool = False) -> HttpRequest:
    """As JSON. Raises ValueError."""
    return HttpRequest(
        url=checked_url(url),
        headers=checked_headers((JSON, *headers)),
        body=msgspec.json.encode(body),
        insecure=insecure,
    )


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def basic(username: str, password: str) -> tuple[str, str]:
    return ("Authorization", f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}")


def checked_url(url: str) -> str:
    """Raises ValueError, without the URL: it may hold a secret."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or any(letter.isspace() or not letter.isprintable() for letter in url):
        raise ValueError("its address is no http or https URL")
    return url


def checked_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Raises ValueError: a line end in a value would begin another header."""
    for name, value in headers:
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if any(letter in value for letter in "\r\n\0"):
            raise ValueError(f"the value of the header {name} has a line end in it")
    return headers


def joined(url: str, path: str) -> str:
    """With exactly one slash between: a path cannot name another host."""
    return f"{url.rstrip('/')}/{path.lstrip('/')}" if path else url


def with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"


def structured(text: Any, field: str) -> Any:
    """A field whose text is JSON or YAML; None for an empty one. Raises ValueError."""
    if not isinstance(text, str):
        return text
    try:
        return yaml_documents.load_one(text)
    except YamlInvalid as error:
        raise ValueError(f"{field}: is to be JSON or YAML: {error}") from None


def named(table: Mapping[str, str], recipient: str, option: str) -> str:
    """What the settings have for a recipient. Raises ValueError."""
    if recipient not in table:
        there = ", ".join(sorted(table)) or "none"
        raise ValueError(f"{option} has no {recipient!r}; there: {there}")
    return table[recipient]


def without_empty(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, "", [], {})}
