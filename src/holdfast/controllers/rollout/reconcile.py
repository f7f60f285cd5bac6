"""Brings the pods and the traffic of one Rollout one move further.

Level-triggered: every run reads the whole state and never asks which event woke it.
"""

from __future__ import annotations

import msgspec

from holdfast.controllers.rollout.act import patch_status, perform
from holdfast.controllers.rollout.observe import observe
from holdfast.controllers.rollout.plugin_calls import PluginCalls
from holdfast.controllers.rollout.world import ROLLOUT, World
from holdfast.engine.kube import merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.rollout.actions import AnnotateRollout, SetReplicas
from holdfast.engine.rollout.decide import decide
from holdfast.engine.status.encode import encode
from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.model.rollout import Rollout
from holdfast.runtime.outcome import Again, Outcome, Settled


async def reconcile(world: World, plugins: PluginCalls, key: NamespacedName) -> Outcome:
    obj = world.get(ROLLOUT, key.namespace, key.name)
    if obj is None:
        plugins.settle(key, ())
        return Settled()
    try:
        rollout = msgspec.convert(obj, Rollout)
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"Rollout {key} cannot be read: {error}") from None
    if rollout.metadata.deletion_timestamp:
        plugins.settle(key, ())
        return Settled()
    seen = await observe(world, rollout)
    problem = seen.problem or plugins.problem(rollout)
    seen = msgspec.structs.replace(seen, answers=plugins.answers(key), problem=problem)
    decision = decide(seen)
    for action in decision.actions:
        if not isinstance(action, AnnotateRollout | SetReplicas):
            await perform(world, seen, action, decision.status)
    change = merge_patch.difference(encode(rollout.status), encode(decision.status))
    if change:
        rollout = await patch_status(world, rollout, {"status": change})
    # Only what is written down is asked, and only an answer that is written down is forgotten.
    plugins.settle(key, decision.questions)
    for action in decision.actions:
        if isinstance(action, AnnotateRollout | SetReplicas):
            # Changes the version of the Rollout, so it comes after what is written against the version that was read.
            await perform(world, seen, action, decision.status)
    for event in decision.events:
        await world.emit(rollout.metadata, event, instants.stamp(seen.now))
    if decision.again is not None:
        return Again(decision.again, because=decision.status.message or "a time of the rollout comes")
    return Settled()
