"""Reads the query of a request: what the client asks for beside the object itself, judged as the server judges it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, structs

from holdfast.engine.kube import selectors
from holdfast.model import errors
from holdfast.ports.transport import Request
from holdfast.sandbox import failures, problems
from holdfast.sandbox.problems import Problem

_VALIDATIONS: Final = ("", "Ignore", "Strict", "Warn")
_POLICIES: Final = ("Foreground", "Background", "Orphan")
MAX_MANAGER_LENGTH: Final = 128


class WriteOptions(Struct, frozen=True):
    """`manager` is the fieldManager, or else the first word of the User-Agent."""

    manager: str = "unknown"
    named_manager: str = ""
    dry_run: bool = False
    validation: str = "Warn"
    force: bool | None = None


class ReadOptions(Struct, frozen=True):
    """`resource_version` is None when none is given."""

    labels: selectors.LabelSelector = selectors.LabelSelector()
    fields: selectors.FieldSelector = selectors.FieldSelector()
    limit: int = 0
    continue_token: str = ""
    resource_version: int | None = None
    match: str = ""
    bookmarks: bool = False
    send_initial_events: bool | None = None
    timeout_seconds: float = 0.0

    @property
    def selects(self) -> bool:
        return bool(self.labels.requirements or self.fields.requirements)


class DeleteOptions(Struct, frozen=True):
    """`policy` is "" when the client leaves it to the kind."""

    dry_run: bool = False
    policy: str = ""
    grace_seconds: int | None = None
    uid: str = ""
    resource_version: str = ""


def is_true(text: str) -> bool:
    return text.lower() in ("1", "true", "t")


def query_of(request: Request) -> dict[str, str]:
    """The last value of each parameter."""
    return dict(request.query)


def write_options(request: Request, kind: str) -> WriteOptions:
    """`kind` is CreateOptions, UpdateOptions or PatchOptions: what the server calls them in its errors."""
    query = query_of(request)
    found: list[Problem] = []
    dry_run = [value for name, value in request.query if name == "dryRun" and value]
    if any(value != "All" for value in dry_run):
        found.append(problems.not_supported("dryRun", dry_run, ["All"]))
    validation = query.get("fieldValidation", "")
    if validation not in _VALIDATIONS:
        found.append(problems.not_supported("fieldValidation", validation, _VALIDATIONS))
    manager = query.get("fieldManager", "")
    if len(manager) > MAX_MANAGER_LENGTH:
        found.append(problems.too_long("fieldManager", MAX_MANAGER_LENGTH))
    if found:
        raise failures.invalid("meta.k8s.io", kind, "", found)
    return WriteOptions(
        manager=manager or _from_user_agent(request.headers),
        named_manager=manager,
        dry_run=bool(dry_run),
        validation=validation or "Warn",
        force=is_true(query["force"]) if "force" in query else None,
    )


def _from_user_agent(headers: Mapping[str, str]) -> str:
    agent = headers.get("user-agent", "")
    return agent.split("/")[0].split(" ")[0][:MAX_MANAGER_LENGTH] or "unknown"


def read_options(request: Request) -> ReadOptions:
    """The options of a list or a watch. Raises BadRequest and Invalid."""
    return _read_options(request.query)


@lru_cache(maxsize=256)
def _read_options(asked: tuple[tuple[str, str], ...]) -> ReadOptions:
    """Kept, as the watches of a client ask the same again and again."""
    query = dict(asked)
    try:
        labels = selectors.parse_labels(query.get("labelSelector", ""))
        fields = selectors.parse_fields(query.get("fieldSelector", ""))
    except ValueError as error:
        raise errors.BadRequest(str(error)) from None
    match = query.get("resourceVersionMatch", "")
    is_watch = is_true(query.get("watch", ""))
    version = resource_version(query.get("resourceVersion", ""), is_watch=is_watch)
    if match and version is None and not (is_watch and "sendInitialEvents" in query):
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        problem = problems.forbidden("resourceVersionMatch", detail)
        raise failures.invalid("meta.k8s.io", "ListOptions", "", [problem])
    initial = query.get("sendInitialEvents")
    if initial is not None and match != "NotOlderThan":
        detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        problem = problems.forbidden("resourceVersionMatch", detail)
        raise failures.invalid("meta.k8s.io", "ListOptions", "", [problem])
    return ReadOptions(
        labels=labels,
        fields=fields,
        limit=_integer(query.get("limit", "0")),
        continue_token=query.get("continue", ""),
        resource_version=version,
        match=match,
        bookmarks=is_true(query.get("allowWatchBookmarks", "")),
        send_initial_events=is_true(initial) if initial is not None else None,
        timeout_seconds=float(_integer(query.get("timeoutSeconds", "0"))),
    )


def of_one_object(options: ReadOptions, name: str) -> ReadOptions:
    """The same options for the one object of that name."""
    by_name = selectors.FieldRequirement("metadata.name", "=", name)
    fields = selectors.FieldSelector((*options.fields.requirements, by_name))
    return structs.replace(options, fields=fields)


def resource_version(text: str, *, is_watch: bool = False) -> int | None:
    """None for an empty one."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise failures.without_reason(500, why) if is_watch else errors.BadRequest(f"invalid resource version: {why}")
    return int(text)


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise errors.BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def delete_options(request: Request, body: Mapping[str, Any]) -> DeleteOptions:
    """From the body when there is one, else from the query, as the server does it."""
    query = query_of(request)
    given: Mapping[str, Any] = body or {
        name: query[name] for name in ("propagationPolicy", "orphanDependents", "gracePeriodSeconds") if name in query
    }
    policy = given.get("propagationPolicy") or query.get("propagationPolicy") or ""
    orphan = given.get("orphanDependents")
    if orphan is not None and not policy:
        policy = "Orphan" if str(orphan).lower() == "true" else "Background"
    if policy and policy not in _POLICIES:
        problem = problems.not_supported("propagationPolicy", policy, (*_POLICIES, "nil"))
        raise failures.invalid("meta.k8s.io", "DeleteOptions", "", [problem])
    dry_run = [*(given.get("dryRun") or ()), *(value for name, value in request.query if name == "dryRun" and value)]
    if any(value != "All" for value in dry_run):
        problem = problems.not_supported("dryRun", dry_run, ["All"])
        raise failures.invalid("meta.k8s.io", "DeleteOptions", "", [problem])
    grace = given.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    preconditions = given.get("preconditions") or {}
    return DeleteOptions(
        dry_run=bool(dry_run),
        policy=policy,
        grace_seconds=_integer(str(grace)) if grace is not None else None,
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
    )
