"""What is wrong with an expression."""

from __future__ import annotations

from holdfast.model.errors import HoldfastError


class ExpressionError(HoldfastError):
    """The expression cannot be read or cannot be evaluated; the message says what and where."""
