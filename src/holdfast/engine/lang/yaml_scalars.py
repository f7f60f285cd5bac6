"""What an unquoted YAML scalar means to Kubernetes: the rules of sigs.k8s.io/yaml, which reads through go-yaml v2.

They differ from every Python loader: `y` and `n` are booleans, `0755` and `0o755` are 493, `1e3` is the integer 1000,
`1:30` and dates stay text. Source: https://pkg.go.dev/sigs.k8s.io/yaml and https://pkg.go.dev/gopkg.in/yaml.v2
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMBER_STARTS: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(
    r"([-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TAG: Final = "tag:yaml.org,2002:"
_TYPES_BY_TAG: Final[dict[str, tuple[type, ...]]] = {
    _TAG + "bool": (bool,),
    _TAG + "int": (int,),
    _TAG + "float": (float, int),
    _TAG + "null": (type(None),),
    _TAG + "timestamp": (str,),
}


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted, untagged scalar. Raises ValueError for numbers that JSON cannot say."""
    if text in _WORDS:
        value = _WORDS[text]
    elif text[0] in _NUMBER_STARTS:
        value = _number(text)
    else:
        return text
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{text} is not a number that Kubernetes can hold")
    return value


def resolve_tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag. Tags of other programs (`!Ref`) leave the text as it is."""
    if tag == _TAG + "binary":
        try:
            return base64.b64decode(text, validate=False).decode("utf-8", errors="replace")
        except binascii.Error as error:
            raise ValueError(f"!!binary holds no base64: {error}") from error
    wanted = _TYPES_BY_TAG.get(tag)
    if wanted is None:
        return text
    value = resolve_plain(text)
    if isinstance(value, wanted) and not (isinstance(value, bool) and bool not in wanted):
        return value
    raise ValueError(f"cannot read {text!r} as !!{tag.removeprefix(_TAG)}")


def key_text(value: Scalar) -> str:
    """The string that a mapping key becomes in JSON. Raises ValueError for null, which is no key."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("null cannot be a key")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(text: str) -> Scalar:
    plain = text.replace("_", "") if "_" in text else text
    if match := _INTEGER.fullmatch(plain):
        base = match.lastgroup or "dec"
        number = int(match[1] + match[base], _BASES[base])
        if -(2**63) <= number < 2**63:
            return number
        return float(number)  # Kubernetes decodes an integer beyond int64 as a float
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        if math.isinf(value):
            return text  # out of a float's range: Go leaves the text
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    return text
