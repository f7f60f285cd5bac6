"""The defaults that the API server puts into values which are owned as a whole.

Everywhere else a default is a field of its own that nobody holds. Inside an atomic list or map it makes the live value differ
from what was applied. Only kinds and fields that charts use all the time are here; for others the server is asked.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ and
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from holdfast.model.keys import GroupKind

Fill: TypeAlias = Callable[[Any], Any]
"""Gives the value as the server keeps it."""


def _with(**defaults: Any) -> Fill:
    return lambda said: {**defaults, **said} if isinstance(said, dict) else said


def _each(fill: Fill) -> Fill:
    return lambda said: [fill(one) for one in said] if isinstance(said, list) else said


def _in_ports(rule: Any) -> Any:
    if not isinstance(rule, dict) or "ports" not in rule:
        return rule
    return {**rule, "ports": _each(_with(protocol="TCP"))(rule["ports"])}


_OF_RULES: Mapping[str, Fill] = {"ingress": _each(_in_ports), "egress": _each(_in_ports)}
_OF_PODS: Mapping[str, Fill] = {"fieldRef": _with(apiVersion="v1"), "resourceFieldRef": _with(divisor="0")}
_WORKLOADS = (("", "Pod"), ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job"))
_OF_KINDS: Mapping[GroupKind, Mapping[str, Fill]] = {
    GroupKind("networking.k8s.io", "NetworkPolicy"): _OF_RULES,
    GroupKind("batch", "CronJob"): _OF_PODS,
    **{GroupKind(group, kind): _OF_PODS for group, kind in _WORKLOADS},
}


def of(group_kind: GroupKind) -> Mapping[str, Fill]:
    """By the name of the atomic field."""
    return _OF_KINDS.get(group_kind, {})
