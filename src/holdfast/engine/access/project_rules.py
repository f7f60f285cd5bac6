"""What is wrong with an AppProject itself: entries twice, denials of everything, policies that cannot mean anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from holdfast.model.appproject import AppProject, ProjectRole

_RESOURCES = ("applications", "applicationsets", "repositories", "exec", "logs", "clusters")
_ACTIONS = frozenset({"get", "create", "update", "delete", "sync", "override", "*"})
_SUB_RESOURCE_ACTION = re.compile(r"(action|update|delete)/.+")
_ROLE_NAME = re.compile(r"[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?")
_IN_NO_GROUP_NAME = re.compile(r"[,\n\r\t]")
_OBJECT = re.compile(r"(/[*\w.-]+)?/[*\w.-]+")


def problems(project: AppProject) -> tuple[str, ...]:
    """One sentence a problem, empty when the project is sound."""
    return tuple(_problems(project))


def _problems(project: AppProject) -> Iterator[str]:
    spec = project.spec
    yield from _twice("destination", ((entry.server, entry.name, entry.namespace) for entry in spec.destinations))
    for entry in spec.destinations:
        for word, value in (("server", entry.server), ("name", entry.name), ("namespace", entry.namespace)):
            if value == "!*":
                yield f"{word} of a destination has an invalid format, '!*'"
    yield from _twice("source namespace", spec.source_namespaces)
    yield from _twice("source repository", spec.source_repos)
    if "!*" in spec.source_repos:
        yield "source repository has an invalid format, '!*'"
    yield from _twice("role", (role.name for role in spec.roles))
    for role in spec.roles:
        yield from _role_problems(project.metadata.name, role)
    for account in spec.destination_service_accounts:
        if "!" in account.server or "!" in account.namespace:
            yield "server and namespace of a destination service account cannot deny with '!'"
        if not account.default_service_account or "*" in account.default_service_account:
            yield f"defaultServiceAccount has an invalid format, '{account.default_service_account}'"


def _twice(what: str, entries: Iterable[object]) -> Iterator[str]:
    seen = set()
    for entry in entries:
        if entry in seen:
            yield f"{what} '{entry}' is there twice"
        seen.add(entry)


def _role_problems(project: str, role: ProjectRole) -> Iterator[str]:
    if not _ROLE_NAME.fullmatch(role.name):
        yield f"invalid role name '{role.name}'"
    yield from _twice(f"policy of role {role.name}", role.policies)
    yield from _twice(f"group of role {role.name}", role.groups)
    for group in role.groups:
        if not group.strip() or _IN_NO_GROUP_NAME.search(group):
            yield f"invalid group name '{group}' of role {role.name}"
    for policy in role.policies:
        problem = _policy_problem(project, role.name, policy)
        if problem:
            yield f"invalid policy rule '{policy}': {problem}"


def _policy_problem(project: str, role: str, policy: str) -> str:
    parts = [part.strip() for part in policy.split(",")]
    if len(parts) != 6 or parts[0] != "p":
        return "must be of the form: 'p, sub, res, act, obj, eft'"
    _, subject, resource, action, obj, effect = parts
    if subject != f"proj:{project}:{role}":
        return f"policy subject must be: 'proj:{project}:{role}', not '{subject}'"
    if resource not in _RESOURCES:
        return f"resource must be: {', '.join(repr(known) for known in _RESOURCES)}, not '{resource}'"
    if action not in _ACTIONS and not _SUB_RESOURCE_ACTION.fullmatch(action):
        return f"invalid action '{action}'"
    if not obj.startswith(project) or not _OBJECT.fullmatch(obj[len(project) :]):
        return f"object must be of form '{project}/*', '{project}[/<NAMESPACE>]/<APPNAME>' or '{project}/<APPNAME>'"
    if effect not in ("allow", "deny"):
        return f"effect must be: 'allow' or 'deny', not '{effect}'"
    return ""
