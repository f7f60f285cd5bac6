"""The errors a Kubernetes API server answers with, in its own words, and the Status document that carries them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from holdfast.model import errors
from holdfast.sandbox import problems
from holdfast.sandbox.problems import Problem
from holdfast.sandbox.registry import ServedType

_UNKNOWN_RESOURCE: Final = "the server could not find the requested resource"
UNSUPPORTED_MEDIA_TYPE: Final = "415: Unsupported Media Type"
REJECTED: Final = "the server rejected our request due to an error in our request"
_WITH_EMPTY_DETAILS: Final = (405, 406)
_GENERIC: Final = (_UNKNOWN_RESOURCE, UNSUPPORTED_MEDIA_TYPE, REJECTED)
PAGE_NOT_FOUND: Final = "404 page not found"


def status_document(error: errors.ApiError) -> dict[str, Any]:
    """The `Status` of kind Failure."""
    document: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": error.message,
    }
    if error.reason:
        document["reason"] = error.reason
    if error.details or error.status in _WITH_EMPTY_DETAILS or error.message in _GENERIC:
        document["details"] = error.details
    if "continue" in error.details:
        document["metadata"] = document.pop("details")
    document["code"] = error.status
    return document


def not_found(served: ServedType, name: str) -> errors.NotFound:
    return errors.NotFound(f'{_resource(served)} "{name}" not found', details=_about_resource(served, name))


def unknown_path() -> errors.NotFound:
    return errors.NotFound(_UNKNOWN_RESOURCE)


def page_not_found() -> errors.NotFound:
    return errors.NotFound(PAGE_NOT_FOUND)


def namespace_not_found(name: str) -> errors.NotFound:
    details = {"name": name, "kind": "namespaces"}
    return errors.NotFound(f'namespaces "{name}" not found', details=details)


def already_exists(served: ServedType, name: str, *, is_being_deleted: bool) -> errors.AlreadyExists:
    prefix = "object is being deleted: " if is_being_deleted else ""
    message = f'{prefix}{_resource(served)} "{name}" already exists'
    return errors.AlreadyExists(message, details=_about_resource(served, name))


def conflict(served: ServedType, name: str, why: str) -> errors.Conflict:
    message = f'Operation cannot be fulfilled on {_resource(served)} "{name}": {why}'
    return errors.Conflict(message, details=_about_resource(served, name))


def stale(served: ServedType, name: str) -> errors.Conflict:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(served, name, why)


def forbidden(served: ServedType, name: str, why: str) -> errors.Forbidden:
    quoted = f' "{name}"' if name else ""
    message = f"{_resource(served)}{quoted} is forbidden: {why}"
    return errors.Forbidden(message, details=_about_resource(served, name))


def namespace_terminating(served: ServedType, name: str, namespace: str) -> errors.Forbidden:
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    error = forbidden(served, name, why)
    error.details["causes"] = [cause]
    return error


def invalid(group: str, kind: str, name: str, found: Sequence[Problem]) -> errors.Invalid:
    """All problems of one object in one answer."""
    texts = list(dict.fromkeys(str(problem) for problem in found))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    qualified = f"{kind}.{group}" if group else kind
    details: dict[str, Any] = {"name": name, "group": group, "kind": kind}
    details["causes"] = [
        {"reason": problem.reason, "message": problem.message, "field": problem.field} for problem in found
    ]
    details = {key: value for key, value in details.items() if value not in ("", [])}
    return errors.Invalid(f'{qualified} "{name}" is invalid: {listed}', details=details)


def invalid_scale(name: str, replicas: object) -> errors.Invalid:
    problem = problems.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
    return invalid("autoscaling", "Scale", name, [problem])


def method_not_allowed() -> errors.MethodNotAllowed:
    message = "the server does not allow this method on the requested resource"
    return errors.MethodNotAllowed(message)


def unsupported_media_type(accepted: Sequence[str]) -> errors.UnsupportedMediaType:
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return errors.UnsupportedMediaType(message)


def without_reason(status: int, message: str) -> errors.ApiError:
    """What the server says where it did not expect an error itself."""
    error = errors.ApiError(message, status=status)
    error.reason = ""
    return error


def gone(message: str) -> errors.Gone:
    return errors.Gone(message)


def _resource(served: ServedType) -> str:
    return f"{served.plural}.{served.group}" if served.group else served.plural


def _about_resource(served: ServedType, name: str) -> dict[str, Any]:
    details = {"name": name, "group": served.group, "kind": served.plural}
    return {key: value for key, value in details.items() if value}
