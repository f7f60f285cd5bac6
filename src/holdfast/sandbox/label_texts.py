"""Writes label selectors of objects as a query has them."""

from __future__ import annotations

from typing import Any


def selector_text(selector: Any) -> str:
    """A label selector as it is written in a query."""
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        selector = {"matchLabels": selector}
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression.get("key"), ",".join(sorted(expression.get("values") or ()))
        words = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": f"{key}"}
        parts.append(words.get(expression.get("operator"), f"!{key}"))
    return ",".join(parts)
