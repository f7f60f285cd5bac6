"""What an error means to the person who typed a command."""

from __future__ import annotations

from holdfast.model.errors import ApiError, Blocked, HoldfastError


def explain(error: Exception) -> str | None:
    """The message to print; None for an error that nobody expected, which deserves its traceback."""
    match error:
        case Blocked():
            return error.message
        case ApiError(status=0):
            return f"no answer from the cluster: {error.message}\nIs it running? `holdfast up` starts one."
        case ApiError():
            return f"the cluster refused ({error.status} {error.reason}): {error.message}"
        case HoldfastError():
            return str(error)
        case _:
            return None
