"""Keeps what manifests say from meaning anything in a comment: it is shown, and does nothing."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_LINE: Final = 2000
MOST_NAME: Final = 200
WORD_JOINER: Final = "\u2060"
"""Nothing is seen of it, and no word is found across it."""

_MENTION: Final = re.compile(r"(?<![\w.])@(?=[\w\[])")
"""`web@sha256:…` and an address of mail are none."""

_CLOSING: Final = re.compile(
    r"\b(c)(?=los(?:e[sd]?|ing)\b)|\b(f)(?=ix(?:e[sd]|ing)?\b)|\b(r)(?=esolv(?:e[sd]?|ing)\b)"
    r"|\b(i)(?=mplement(?:s|ed|ing)?\b)|\b(r)(?=eopen(?:s|ed|ing)?\b)",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(
    r"#\d|\bGH-\d|!\d|/(?:issues|pull|pulls|merge_requests|pull-requests|work_items)/\d", re.I
)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NAME: Final = re.compile(r"[^A-Za-z0-9./-]")
# One that is cut off goes to the end.
_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)


def quoted_line(text: str) -> str:
    """One line without signs that are not seen or turn the order of others; mentions and words that close an issue are
    broken up."""
    shown = "".join(_escaped(sign) if unicodedata.category(sign) in _UNSEEN else sign for sign in text[:MOST_LINE])
    if len(text) > MOST_LINE:
        shown += f"… ({len(text)} characters)"
    shown = _MENTION.sub(f"@{WORD_JOINER}", shown)
    if _REFERENCE.search(shown):
        shown = _CLOSING.sub(lambda found: f"{found[0]}{WORD_JOINER}", shown)
    return shown


def name(text: str) -> str:
    """Of an object: what no name may have is a question mark, so that it needs no escaping anywhere."""
    return _NAME.sub("?", text[:MOST_NAME])


def fence(body: str) -> str:
    """Longer than any run of backticks in the text, so that no line of it ends the block."""
    runs = re.findall(r"`+", body)
    return "`" * max(3, max(map(len, runs), default=0) + 1)


def without_values(text: str) -> str:
    """What a cluster says of a Secret may quote it."""
    return _TEXT.sub('"*****"', text)


def _escaped(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
