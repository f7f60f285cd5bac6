"""Whether a user may do what a sync will do, judged by the rules that the server says apply to them.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from holdfast.model.discovery import ResourceType


class Access(Struct, frozen=True, order=True):
    """One verb on one kind of resource; `namespace` is "" for cluster-wide kinds, `name` narrows it to one object."""

    namespace: str
    group: str
    resource: str
    verb: str
    name: str = ""


class Rules(Struct, frozen=True):
    """The answer of a SelfSubjectRulesReview. Where it is `incomplete`, what no rule allows may be allowed all the same."""

    rules: tuple[Mapping[str, Any], ...] = ()
    incomplete: bool = False


def access(resource: ResourceType, verb: str, namespace: str, name: str) -> Access:
    return Access(namespace if resource.namespaced else "", resource.group, resource.plural, verb, name)


def rules_of(review: Mapping[str, Any]) -> Rules:
    status = review.get("status") or {}
    return Rules(tuple(status.get("resourceRules") or ()), bool(status.get("incomplete")))


def allows(rules: Rules, wanted: Access) -> bool:
    return any(_covers(rule, wanted) for rule in rules.rules)


def _covers(rule: Mapping[str, Any], wanted: Access) -> bool:
    names = rule.get("resourceNames") or ()
    return (
        _holds(rule.get("verbs"), wanted.verb)
        and _holds(rule.get("apiGroups"), wanted.group)
        and _holds(rule.get("resources"), wanted.resource)
        # A name says nothing about an object that is yet to be made.
        and (not names or (wanted.verb != "create" and wanted.name in names))
    )


def _holds(listed: Iterable[str] | None, wanted: str) -> bool:
    return any(entry in ("*", wanted) for entry in listed or ())


def told(missing: Iterable[Access], user: str) -> tuple[str, ...]:
    """One sentence for each place and kind, with all the verbs that lack."""
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for one in sorted(set(missing)):
        lacking = verbs.setdefault((one.namespace, one.group, one.resource), [])
        if one.verb not in lacking:
            lacking.append(one.verb)
    return tuple(_sentence(place, lacking, user) for place, lacking in verbs.items())


def _sentence(place: tuple[str, str, str], verbs: list[str], user: str) -> str:
    namespace, group, resource = place
    who = user or "the controller"
    kind = f"{resource}.{group}" if group else resource
    where = f"in namespace {namespace}" if namespace else "in the cluster"
    return f"{who} lacks the permission to {' and '.join(verbs)} {kind} {where} ({_grant(place, verbs, user)})"


def _grant(place: tuple[str, str, str], verbs: list[str], user: str) -> str:
    """The command that gives it."""
    namespace, group, resource = place
    kind = f"{resource}.{group}" if group else resource
    scope, role, binding = (
        (f"-n {namespace} ", "role", "rolebinding") if namespace else ("", "clusterrole", "clusterrolebinding")
    )
    name = f"holdfast-{resource}"
    parts = user.split(":")
    subject = f"--serviceaccount={parts[2]}:{parts[3]}" if len(parts) == 4 else f"--user={user}" if user else ""
    made = f"kubectl {scope}create {role} {name} --verb={','.join(verbs)} --resource={kind}"
    bound = f"kubectl {scope}create {binding} {name} --{role}={name} {subject}".rstrip()
    return f"{made} && {bound}" if subject else made
