"""Cuts the text of an expression into tokens."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from msgspec import Struct

from holdfast.engine.lang.expr.errors import ExpressionError

MOST_CHARACTERS = 10_000


class Kind(Enum):
    NUMBER = "number"
    TEXT = "string"
    NAME = "name"
    POINTER = "pointer"
    SIGN = "operator"
    END = "end"


class Token(Struct, frozen=True):
    """`at` is the number of its first character."""

    kind: Kind
    text: str
    at: int
    value: Any = None

    def is_sign(self, *signs: str) -> bool:
        return self.kind is Kind.SIGN and self.text in signs

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.NAME and self.text in words


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<number>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.(?!\.)\d[\d_]*)?(?:[eE][+-]?\d+)?|\.\d+)
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<name>[^\W\d]\w*)
  | (?P<pointer>\#\w*)
  | (?P<sign>\|\||&&|==|!=|<=|>=|\*\*|\?\?|\?\.|\?|\.\.|[-+*/%^<>!:.,;=|()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}


def tokens(text: str) -> list[Token]:
    """The tokens, with one of kind END behind the last. Raises ExpressionError."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression is longer than {MOST_CHARACTERS} characters")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"unexpected {text[at]!r} at character {at + 1} of {text!r}")
        if match.lastgroup != "space":
            found.append(_token(str(match.lastgroup), match[0], at))
        at = match.end()
    found.append(Token(Kind.END, "", at))
    return found


def _token(kind: str, text: str, at: int) -> Token:
    match kind:
        case "number":
            return Token(Kind.NUMBER, text, at, _number(text))
        case "text":
            return Token(Kind.TEXT, text, at, text[1:-1] if text[0] == "`" else _unescaped(text[1:-1]))
        case "name":
            return Token(Kind.NAME, text, at)
        case "pointer":
            return Token(Kind.POINTER, text[1:], at)
        case _:
            return Token(Kind.SIGN, text, at)


def _number(text: str) -> int | float:
    plain = text.replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        return int(plain) if plain.isdigit() else float(plain)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescaped_one, text)


def _unescaped_one(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return _ESCAPED.get(match[4], match[4])
    try:
        return chr(int(digits, 16))
    except ValueError as error:
        raise ExpressionError(f"{match[0]} is no character") from error
