"""Asks jq what the ignoreDifferences of an application and of argocd-cm mean in its objects."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from holdfast.controllers.application.world import World
from holdfast.engine.diff import compare, ignoring
from holdfast.engine.flow import application as flow
from holdfast.model.application import Application
from holdfast.model.desired import Prediction, Target, Targets
from holdfast.model.ignoring import Ignoring, Meant
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject


async def ignored_in(
    world: World, app: Application, wanted: Targets, live: flow.Live, predictions: Mapping[ObjectKey, Prediction]
) -> Ignoring:
    """Raises Blocked for an expression that cannot be read, or takes too long: what it protects must not be synced."""
    ignored = flow.ignoring_of(app, world.customized.comparing)
    if not any(rule.jq_path_expressions for rule in ignored.rules):
        return ignored
    asked = {
        target.key: _meant(world, app, ignored, target, present, predictions.get(target.key, Prediction()))
        for target in wanted.objects
        if (present := live.objects.get(target.key)) is not None
    }
    found = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    return flow.ignoring_of(app, ignored.settings, {key: meant for key, meant in found.items() if meant is not None})


async def _meant(
    world: World, app: Application, ignored: Ignoring, target: Target, live: KubeObject, prediction: Prediction
) -> Meant | None:
    expressions = ignoring.expressions_of(ignoring.rules_for(target.key, ignored.rules))
    if not expressions:
        return None
    after = compare.outcome(target.obj, live, prediction.obj, flow.manner_of(app, target.obj))
    seconds = ignored.settings.jq_seconds
    sides = [await world.asked.paths(expressions, obj, seconds) for obj in (live, after, target.obj)]
    return Meant(*sides)
