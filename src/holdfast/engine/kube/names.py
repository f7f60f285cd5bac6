"""What Kubernetes accepts as a name, a label, an annotation, in the server's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import orjson

MAX_ANNOTATIONS_BYTES: Final = 256 * 1024

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_QUALIFIED})?"

_LABEL_TEXT: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_TEXT: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_DNS1035_TEXT: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    f"and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '{_DNS1035}')"
)
_QUALIFIED_TEXT: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED}')"
)
_LABEL_VALUE_TEXT: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_LABEL_VALUE}')"
)


def quoted(value: str) -> str:
    """As the server shows a text in an error."""
    return orjson.dumps(value).decode()


def _matched(value: str, pattern: str, longest: int, text: str, unit: str = "bytes") -> list[str]:
    errors = [f"must be no more than {longest} {unit}"] if len(value.encode()) > longest else []
    if not re.fullmatch(pattern, value):
        errors.append(text)
    return errors


def dns1123_label(value: str) -> list[str]:
    if "." in value and re.fullmatch(_SUBDOMAIN, value):
        return ["must not contain dots"]
    return _matched(value, _LABEL, 63, _LABEL_TEXT, "characters")


def dns1123_subdomain(value: str) -> list[str]:
    return _matched(value, _SUBDOMAIN, 253, _SUBDOMAIN_TEXT, "characters")


def dns1035_label(value: str) -> list[str]:
    return _matched(value, _DNS1035, 63, _DNS1035_TEXT, "characters")


def path_segment(value: str) -> list[str]:
    """For names that only have to fit into a URL, as those of RBAC objects."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in value]


def qualified_name(value: str) -> list[str]:
    """A label or annotation key: an optional DNS prefix, "/" and a name."""
    prefix, slash, name = value.rpartition("/")
    if prefix.count("/"):
        return [
            f"a valid label key {_QUALIFIED_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    errors: list[str] = []
    if slash and not prefix:
        errors.append("prefix part must be non-empty")
    elif slash:
        errors += [f"prefix part {problem}" for problem in _matched(prefix, _SUBDOMAIN, 253, _SUBDOMAIN_TEXT)]
    if not name:
        errors.append("name part must be non-empty")
    return errors + [f"name part {problem}" for problem in _matched(name, _QUALIFIED, 63, _QUALIFIED_TEXT)]


def label_value(value: str) -> list[str]:
    return _matched(value, _LABEL_VALUE, 63, _LABEL_VALUE_TEXT)


_RULES: Final[Mapping[str, Callable[[str], list[str]]]] = {
    "subdomain": dns1123_subdomain,
    "label": dns1123_label,
    "dns1035": dns1035_label,
    "path-segment": path_segment,
}


def name_errors(rule: str, value: str) -> list[str]:
    """`rule` is "subdomain", "label", "dns1035" or "path-segment"."""
    return _RULES[rule](value)


def label_errors(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The key or value that is refused, and why."""
    errors: list[tuple[str, str]] = []
    for key, value in labels.items():
        errors += [(key, problem) for problem in qualified_name(key)]
        errors += [(value, problem) for problem in label_value(value)]
    return errors


def annotation_errors(annotations: Mapping[str, str]) -> list[tuple[str, str]]:
    """The key that is refused, and why. The server judges annotation keys by their lower-case form."""
    return [(key, problem) for key in annotations for problem in qualified_name(key.lower())]


def annotations_too_long(annotations: Mapping[str, str]) -> bool:
    """The keys and values of all annotations together may hold 256 KiB."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MAX_ANNOTATIONS_BYTES
