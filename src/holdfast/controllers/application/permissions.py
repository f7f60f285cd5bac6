"""Asks the server what a user may do, once a minute for each user and namespace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

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
        self._rules: dict[tuple[str, str], tuple[Rules, float]] = {}
        self._allowed: dict[tuple[str, Access], float] = {}
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def missing(self, cluster: Writer, user: str, wanted: Iterable[Access]) -> set[Access]:
        """Those that `user`, in whose name `cluster` asks, lacks. A server that cannot be asked says nothing."""
        self._forget_the_old()
        asked: dict[str, set[Access]] = {}
        for one in wanted:
            asked.setdefault(one.namespace, set()).add(one)
        lacking: set[Access] = set()
        for namespace in sorted(asked):
            with suppress(ApiError):
                lacking |= await self._lacking(cluster, user, namespace, asked[namespace])
        return lacking

    async def _lacking(self, cluster: Writer, user: str, namespace: str, asked: set[Access]) -> set[Access]:
        if not namespace:
            # Rules are listed for a namespace only; those of cluster-wide kinds would be mixed with its own.
            return await self._refused(cluster, user, asked)
        left = self._not_known(user, namespace, asked)
        if not left:
            return set()
        lock = self._asking.setdefault((user, namespace), asyncio.Lock())
        async with lock:
            left = self._not_known(user, namespace, left)
            if not left:
                return set()
            rules = await _rules(cluster, namespace)
            self._rules.pop((user, namespace), None)
            self._rules[user, namespace] = rules, self._clock.monotonic() + KEPT_SECONDS
        left = self._not_known(user, namespace, left)
        return await self._refused(cluster, user, left) if rules.incomplete else left

    def _not_known(self, user: str, namespace: str, asked: set[Access]) -> set[Access]:
        """Those that neither the rules as they are known nor an answer allows."""
        rules, _ = self._rules.get((user, namespace), (Rules(), 0.0))
        return {one for one in asked if (user, one) not in self._allowed and not permissions.allows(rules, one)}

    async def _refused(self, cluster: Writer, user: str, asked: set[Access]) -> set[Access]:
        refused = set()
        for one in sorted(one for one in asked if (user, one) not in self._allowed)[:MOST_QUESTIONS]:
            if await _may(cluster, one):
                self._allowed[user, one] = self._clock.monotonic() + KEPT_SECONDS
            else:
                refused.add(one)
        return refused

    def _forget_the_old(self) -> None:
        """The oldest stand first."""
        now = self._clock.monotonic()
        while self._rules and next(iter(self._rules.values()))[1] <= now:
            del self._rules[next(iter(self._rules))]
        while self._allowed and next(iter(self._allowed.values())) <= now:
            del self._allowed[next(iter(self._allowed))]


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
