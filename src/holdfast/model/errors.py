"""Errors, named by what to do next.

    HoldfastError
      Blocked          a person must change something; no retry until then
      Waiting          try again after a known time
      Transient        try again with back-off
      ApiError         what a Kubernetes API server answered
        NotFound  AlreadyExists  Conflict  Invalid  Forbidden  Unauthorized  Gone  BadRequest  MethodNotAllowed
        TooManyRequests  Unavailable

Messages name the object, the field and the remedy. Adapters translate their library's errors into these, and strip
credentials before they construct one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any


class HoldfastError(Exception):
    """Root of every error of ours."""


class Blocked(HoldfastError):
    """A person must act. `reason` is CamelCase and stable, `message` is one or more lines for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Waiting(HoldfastError):
    """Nothing is wrong; ask again after `after`."""

    def __init__(self, after: timedelta, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.after = after
        self.reason = reason
        self.message = message or reason


class Transient(HoldfastError):
    """The outside failed in a way that may pass by itself: try again with back-off."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class ApiError(HoldfastError):
    """A Kubernetes `Status` of kind Failure.

    `status` is the HTTP code, `reason` the machine-readable word of the Status, `message` its text, `details` its
    details object (causes, retryAfterSeconds).
    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
    """

    status = 500
    reason = "InternalError"

    def __init__(
        self, message: str, *, status: int | None = None, reason: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status if status is not None else type(self).status
        self.reason = reason or type(self).reason
        self.details = details or {}


class BadRequest(ApiError):
    status = 400
    reason = "BadRequest"


class Unauthorized(ApiError):
    status = 401
    reason = "Unauthorized"


class Forbidden(ApiError):
    status = 403
    reason = "Forbidden"


class NotFound(ApiError):
    status = 404
    reason = "NotFound"


class MethodNotAllowed(ApiError):
    status = 405
    reason = "MethodNotAllowed"


class AlreadyExists(ApiError):
    status = 409
    reason = "AlreadyExists"


class Conflict(ApiError):
    status = 409
    reason = "Conflict"


class Gone(ApiError):
    status = 410
    reason = "Expired"


class UnsupportedMediaType(ApiError):
    status = 415
    reason = "UnsupportedMediaType"


class Invalid(ApiError):
    status = 422
    reason = "Invalid"


class TooManyRequests(ApiError):
    status = 429
    reason = "TooManyRequests"


class Unavailable(ApiError):
    """5xx answers and connections that broke: `status` 0 means that no answer came."""

    status = 503
    reason = "ServiceUnavailable"
