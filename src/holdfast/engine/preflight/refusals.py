"""What a refusal of the server's dry-run is about, and the way out of it."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from holdfast.model.kube import KubeObject, namespace_of


class Cause(StrEnum):
    """What stands in the way."""

    IMMUTABLE = "Immutable"
    QUOTA = "Quota"
    PERMISSION = "Permission"
    NAMESPACE = "NamespaceMissing"
    SCHEMA = "Schema"
    ADMISSION = "Admission"
    OTHER = "Refused"


class Refusal(Struct, frozen=True):
    """`way_out` is "" where only another manifest helps."""

    cause: Cause
    message: str
    way_out: str = ""

    @property
    def told(self) -> str:
        return f"{self.message} ({self.way_out})" if self.way_out else self.message


# The words of the API server for what never changes once it is set.
# Source: kubernetes, pkg/apis/*/validation and apimachinery, pkg/api/validation (FieldImmutableErrorMsg)
_IMMUTABLE = re.compile(
    r"field is immutable|updates to \w+ spec for fields other than|may not change once set|is immutable"
    r"|pod updates may not change fields other than|cannot change roleRef|field can not be changed|may not be changed"
)
_QUOTA = re.compile(r"exceeded quota: ([^\s,]+)|failed quota: ([^\s:]+)")
_FORBIDDEN = re.compile(r"is forbidden: User \"([^\"]*)\" cannot (\w+) resource \"([^\"]*)\"")
_NAMESPACE = re.compile(r"namespaces \"([^\"]+)\" not found")
_SCHEMA = re.compile(r"field not declared in schema|failed to create typed patch object|unknown field|strict decoding")
_ADMISSION = re.compile(r"admission webhook \"[^\"]+\" denied|ValidatingAdmissionPolicy|violates PodSecurity")

_REPLACED = "argocd.argoproj.io/sync-options: Force=true on the object deletes it and makes it anew"


def refusal(message: str, obj: KubeObject) -> Refusal:
    if _IMMUTABLE.search(message):
        return Refusal(Cause.IMMUTABLE, message, _REPLACED)
    found = _QUOTA.search(message)
    if found is not None:
        quota = found[1] or found[2]
        return Refusal(Cause.QUOTA, message, f"see kubectl -n {namespace_of(obj)} describe resourcequota {quota}")
    denied = _FORBIDDEN.search(message)
    if denied is not None:
        return Refusal(Cause.PERMISSION, message, f"grant {denied[1]} the verb {denied[2]} on {denied[3]}")
    absent = _NAMESPACE.search(message)
    if absent is not None:
        return missing_namespace(absent[1])
    if _SCHEMA.search(message):
        return Refusal(Cause.SCHEMA, message)
    if _ADMISSION.search(message):
        return Refusal(Cause.ADMISSION, message)
    return Refusal(Cause.OTHER, message)


def missing_namespace(name: str) -> Refusal:
    return Refusal(
        Cause.NAMESPACE,
        f'namespaces "{name}" not found',
        f"the sync option CreateNamespace=true makes the application's own one, or: kubectl create namespace {name}",
    )
