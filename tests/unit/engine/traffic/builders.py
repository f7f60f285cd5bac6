"""Rollouts whose traffic is routed."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.model.rollout import Rollout


def rollout(routing: dict[str, Any], **canary: Any) -> Rollout:
    strategy = {"canaryService": "canary", "stableService": "stable", "trafficRouting": routing, **canary}
    obj = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"strategy": {"canary": strategy}}}
    return msgspec.convert(obj, Rollout)
