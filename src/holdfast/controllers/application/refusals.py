"""Tells a server that refuses an object from a server that fails."""

from __future__ import annotations

from holdfast.model.errors import ApiError, Conflict

# The server has no opinion on the object: no answer, no sign-in, too slow, too much asked.
NO_OPINION = frozenset({0, 401, 408, 429})

# An API server answers 500 to an apply whose fields have the wrong types.
WRONG_TYPES = "failed to create typed patch object"

# Others wrote at the same moment, and the server gave up; the object itself is all right.
# Source: k8s.io/apiserver, pkg/registry/generic/registry/store.go, OptimisticLockErrorMsg
CONTENTION = "the object has been modified"


def is_contention(error: ApiError) -> bool:
    return isinstance(error, Conflict) and CONTENTION in error.message


def is_schema_error(error: ApiError) -> bool:
    return error.message.startswith(WRONG_TYPES)


def is_refusal(error: ApiError) -> bool:
    """Asking again would change nothing: a person must."""
    if is_schema_error(error):
        return True
    if is_contention(error):
        return False
    return error.status < 500 and error.status not in NO_OPINION
