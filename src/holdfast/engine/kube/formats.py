"""Whether a text has the format that a schema names, as far as the server judges it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

_DATE_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_URI: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:\S+|/\S*)")
# Go's durations, and those with words that go-openapi reads: "1h30m", "2 days".
_DURATION: Final = re.compile(
    r"(?:[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0|\s*\d+\s*(?:ns|us|µs|ms|s|m|h|d|w"
    r"|nanos?|micros?|millis?|secs?|mins?|hours?|days?|weeks?|seconds?|minutes?)\s*)"
)


def fits(name: str, value: str) -> bool:
    """A format that is not known judges nothing."""
    check = _FORMATS.get(name)
    return check is None or check(value)


def _reads(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse(value)
        except (ValueError, binascii.Error):
            return False
        return True

    return check


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


def _date_time(value: str) -> datetime:
    found = _DATE_TIME.fullmatch(value)
    if found is None:
        raise ValueError("no date and time")
    day, time, zone = found.groups()
    return datetime.fromisoformat(f"{day}T{time}{zone.upper().replace('Z', '+00:00')}")


def _day(value: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("no day")
    return date.fromisoformat(value)


def _network(value: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    if "/" not in value:
        raise ValueError("no network")
    return ipaddress.ip_interface(value)


_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": _reads(_date_time),
    "datetime": _reads(_date_time),
    "date": _reads(_day),
    "duration": _matches(_DURATION),
    "byte": _reads(lambda value: base64.b64decode(value, validate=True)),
    "uuid": _matches(_UUID),
    "ipv4": _reads(ipaddress.IPv4Address),
    "ipv6": _reads(ipaddress.IPv6Address),
    "cidr": _reads(_network),
    "email": _matches(_EMAIL),
    "uri": _matches(_URI),
}
