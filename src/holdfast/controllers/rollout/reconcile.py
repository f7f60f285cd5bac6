"""Brings the pods and the traffic of one Rollout one move further.

Level-triggered: every run reads the whole state and never asks which event woke it.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from holdfast.controllers.rollout import adopting, former_services, load_balancing, runs
from holdfast.controllers.rollout.act import change_rollout, patch_status, perform
from holdfast.controllers.rollout.load_balancing import LoadBalancing
from holdfast.controllers.rollout.observe import observe
from holdfast.controllers.rollout.plugin_calls import PluginCalls
from holdfast.controllers.rollout.world import ROLLOUT, World
from holdfast.engine.kube import merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.rollout import conditions, phases
from holdfast.engine.rollout.actions import AnnotateRollout, SetReplicas
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Decision, Seen
from holdfast.engine.status.encode import encode
from holdfast.model.errors import ApiError, BadRequest, Blocked, Forbidden, Invalid
from holdfast.model.keys import NamespacedName
from holdfast.model.rollout import Rollout
from holdfast.runtime.outcome import Again, Outcome, Settled

REFUSALS = (Blocked, BadRequest, Forbidden, Invalid)
"""What will fail again in the same way until somebody acts: told in status, or the Rollout would only seem to wait."""


async def reconcile(world: World, plugins: PluginCalls, key: NamespacedName, balancing: LoadBalancing) -> Outcome:
    obj = world.get(ROLLOUT, key.namespace, key.name)
    if obj is None or not world.is_ours(obj):
        plugins.settle(key, ())
        balancing.forget(key)
        if obj is None:
            await former_services.give_back(world, key, None)
        return Settled()
    try:
        rollout = msgspec.convert(obj, Rollout)
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"Rollout {key} cannot be read: {error}") from None
    if rollout.metadata.deletion_timestamp:
        plugins.settle(key, ())
        return Settled()
    seen = await observe(world, rollout)
    if await adopting.adopt(world, seen):
        seen = await observe(world, rollout)
    seen = msgspec.structs.replace(
        seen,
        answers=plugins.answers(key),
        problem=seen.problem or plugins.problem(rollout),
        unproved=runs.problem(world, rollout),
    )
    seen = await balancing.verified(world, seen)
    decision = decide(seen)
    try:
        await _change_cluster(world, seen, decision)
    except REFUSALS as refusal:
        seen = msgspec.structs.replace(seen, problem=seen.problem or _said(refusal))
        decision = decide(seen)
        with suppress(*REFUSALS):
            await _change_cluster(world, seen, decision)
        again = await _write_down(world, plugins, seen, decision)
        if isinstance(again, Again) and isinstance(refusal, Blocked):
            return again
        raise
    outcome = await _write_down(world, plugins, seen, decision)
    if conditions.find(decision.status, phases.INVALID_SPEC) is None:
        await former_services.give_back(world, key, rollout)
    return load_balancing.again(outcome, seen)


async def _change_cluster(world: World, seen: Seen, decision: Decision) -> None:
    for action in decision.actions:
        if not isinstance(action, AnnotateRollout | SetReplicas):
            await perform(world, seen, action, decision.status)


def _said(refusal: Blocked | ApiError) -> str:
    if isinstance(refusal, Blocked):
        return refusal.message
    return f"the cluster refuses what the Rollout asks for: {refusal.message}"


async def _write_down(world: World, plugins: PluginCalls, seen: Seen, decision: Decision) -> Outcome:
    rollout = seen.rollout
    key = NamespacedName(rollout.metadata.namespace, rollout.metadata.name)
    change = merge_patch.difference(encode(rollout.status), encode(decision.status))
    if change:
        rollout = await patch_status(world, rollout, {"status": change})
    # Only what is written down is asked, and only an answer that is written down is forgotten.
    plugins.settle(key, decision.questions)
    for event in decision.events:
        await world.emit(rollout.metadata, event, instants.stamp(seen.now))
    for action in decision.actions:
        if isinstance(action, AnnotateRollout | SetReplicas):
            # Changes the version of the Rollout, so it comes after what is written against the version that was read.
            rollout = await change_rollout(world, rollout, action)
    if decision.again is not None:
        return Again(decision.again, because=decision.status.message or "a time of the rollout comes")
    return Settled()
