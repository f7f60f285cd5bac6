"""Whether somebody may refuse or change what is written, beside the server itself.

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject

GROUP = "admissionregistration.k8s.io"
WEBHOOKS = (GroupKind(GROUP, "MutatingWebhookConfiguration"), GroupKind(GROUP, "ValidatingWebhookConfiguration"))
POLICIES = (GroupKind(GROUP, "MutatingAdmissionPolicy"), GroupKind(GROUP, "ValidatingAdmissionPolicy"))
KINDS = (*WEBHOOKS, *POLICIES)
EVERY: dict[str, Any] = {"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}


class Writing(StrEnum):
    """What is done to an object, in the words of the rules."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"


def may_look_at(known: Iterable[KubeObject], resource: ResourceType, writing: Writing) -> bool:
    """Selectors and conditions are not gone into, nor versions, as those of one kind count as the same."""
    return any(_matches(rule, resource, writing) for one in known for rule in _rules(one))


def _rules(obj: KubeObject) -> Iterator[dict[str, Any]]:
    for webhook in obj.get("webhooks") or ():
        yield from webhook.get("rules") or ()
    if "spec" in obj:
        constraints = (obj["spec"] or {}).get("matchConstraints") or {}
        yield from constraints.get("resourceRules") or (EVERY,)


def _matches(rule: dict[str, Any], resource: ResourceType, writing: Writing) -> bool:
    plurals = {one.partition("/")[0] for one in rule.get("resources") or ()}
    return (
        not plurals.isdisjoint((resource.plural, "*"))
        and not {writing, "*"}.isdisjoint(rule.get("operations") or ())
        and not {resource.group, "*"}.isdisjoint(rule.get("apiGroups") or ())
    )
