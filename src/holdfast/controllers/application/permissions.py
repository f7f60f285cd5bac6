"""Asks the server what a user may do, once a minute for each user and namespace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holdfast.engine.preflight import permissions
from holdfast.engine.preflight.permissions import Access, Rules
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import ApiError
from holdfast.model.names import FIELD_MANAGER
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Writer

KEPT_SECONDS = 60.0
# What no list of rules answers is asked one by one, for so many at most.
MOST_QUESTIONS = 50

_GROUP = "authorization.k8s.io"
RULES_REVIEW = ResourceType(_GROUP, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", namespaced=False)
ACCESS_REVIEW = ResourceType(_GROUP, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)


class Permissions:
    """Remembers only what was allowed: whoever is refused may be given the right at any moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._allowed: dict[tuple[str, Access], float] = {}

    async def missing(self, cluster: Writer, user: str, wanted: Iterable[Access]) -> set[Access]:
        """Those that `user`, in whose name `cluster` asks, lacks. A server that cannot be asked says nothing."""
        now = self._clock.monotonic()
        self._allowed = {key: until for key, until in self._allowed.items() if until > now}
        unknown = {one for one in wanted if (user, one) not in self._allowed}
        lacking: set[Access] = set()
        for namespace in sorted({one.namespace for one in unknown}):
            asked = {one for one in unknown if one.namespace == namespace}
            try:
                refused = await self._lacking(cluster, namespace, asked)
            except ApiError:
                continue
            lacking |= refused
            self._allowed |= {(user, one): now + KEPT_SECONDS for one in asked - refused}
        return lacking

    async def _lacking(self, cluster: Writer, namespace: str, asked: set[Access]) -> set[Access]:
        # Rules are listed for a namespace only; those of cluster-wide kinds would be mixed with its own.
        rules = await _rules(cluster, namespace) if namespace else Rules(incomplete=True)
        left = sorted(one for one in asked if not permissions.allows(rules, one))
        if not rules.incomplete:
            return set(left)
        return {one for one in left[:MOST_QUESTIONS] if not await _may(cluster, one)}


async def _rules(cluster: Writer, namespace: str) -> Rules:
    return permissions.rules_of(await _review(cluster, RULES_REVIEW, {"namespace": namespace}))


async def _may(cluster: Writer, one: Access) -> bool:
    attributes = {"verb": one.verb, "group": one.group, "resource": one.resource, "name": one.name}
    if one.namespace:
        attributes["namespace"] = one.namespace
    answer = await _review(cluster, ACCESS_REVIEW, {"resourceAttributes": attributes})
    return bool((answer.get("status") or {}).get("allowed"))


async def _review(cluster: Writer, kind: ResourceType, spec: dict[str, Any]) -> dict[str, Any]:
    review = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}, "spec": spec}
    return await cluster.create(kind, review, field_manager=FIELD_MANAGER)
