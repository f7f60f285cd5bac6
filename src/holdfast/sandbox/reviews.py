"""Questions that are asked by creating an object and answered at once, nothing being kept: who am I, may I."""

from __future__ import annotations

from typing import Any, Final

from holdfast.engine.lang import instants
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response
from holdfast.sandbox import failures, request_bodies
from holdfast.sandbox.places import Place
from holdfast.sandbox.rendering import json_response
from holdfast.sandbox.wire_types import WireTypes

_AUTHENTICATION: Final = "authentication.k8s.io"
_AUTHORIZATION: Final = "authorization.k8s.io"
_USER: Final = {"username": "sandbox-admin", "groups": ["system:masters", "system:authenticated"]}
_EVERYTHING: Final = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}

# Whoever holds the token may do everything.
_STATUSES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    (_AUTHENTICATION, "SelfSubjectReview"): {"userInfo": _USER},
    (_AUTHENTICATION, "TokenReview"): {"authenticated": False, "user": {}},
    (_AUTHORIZATION, "SelfSubjectAccessReview"): {"allowed": True},
    (_AUTHORIZATION, "SubjectAccessReview"): {"allowed": True},
    (_AUTHORIZATION, "LocalSubjectAccessReview"): {"allowed": True},
    (_AUTHORIZATION, "SelfSubjectRulesReview"): _EVERYTHING,
}


def is_review(place: Place) -> bool:
    return (place.served.group, place.served.kind) in _STATUSES


def answer(place: Place, request: Request, types: WireTypes, clock: Clock) -> Response:
    """Raises MethodNotAllowed for anything but a creation."""
    if request.method != "POST" or place.name:
        raise failures.method_not_allowed()
    served = place.served
    asked, _ = request_bodies.read_object(request, types, served.kind, served.schema_name)
    document: dict[str, Any] = {"kind": served.kind, "apiVersion": served.api_version}
    document["metadata"] = {"creationTimestamp": instants.stamp(clock.now())}
    if "spec" in asked:
        document["spec"] = asked["spec"]
    document["status"] = _STATUSES[served.group, served.kind]
    if served.kind == "SelfSubjectReview":
        document["status"] = {"userInfo": _user(request)}
    return json_response(document, 201)


def _user(request: Request) -> dict[str, Any]:
    """Whoever holds the token may also act as anybody else.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    name = request.headers.get("impersonate-user", "")
    if not name:
        return _USER
    groups = [group.strip() for group in request.headers.get("impersonate-group", "").split(",") if group.strip()]
    return {"username": name, "groups": [*groups, "system:authenticated"]}
