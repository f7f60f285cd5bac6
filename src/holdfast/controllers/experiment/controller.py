"""The experiment controller: it works on what the rollout controller watches, with a queue of its own."""

from __future__ import annotations

from random import Random

from holdfast.controllers.experiment.reconcile import reconcile
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.controllers.rollout.world import EXPERIMENT, name_of
from holdfast.controllers.tally import Tally
from holdfast.model.keys import NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import GROUP
from holdfast.ports.clock import Clock
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Outcome

WORKERS = 5


class ExperimentController:
    """One process runs one of these beside its rollout controller, for the Experiments of all namespaces."""

    def __init__(self, rollouts: RolloutController, *, clock: Clock, random: Random, workers: int = WORKERS) -> None:
        self._rollouts = rollouts
        self.tally = Tally(rollouts.world.store, EXPERIMENT, rollouts.world.instance_id)
        rollouts.on_change(self._changed)
        self.loop: ReconcileLoop[NamespacedName] = ReconcileLoop(
            "experiment", self._reconcile, clock=clock, random=random, workers=workers, ran=self.tally.ran
        )

    async def run(self) -> None:
        """Until cancelled; somebody else runs the rollout controller."""
        await self._rollouts.watch.synced.wait()
        await self.loop.run()

    async def _reconcile(self, key: NamespacedName) -> Outcome:
        return await reconcile(self._rollouts.world, key)

    def _changed(self, old: LiveObject | None, new: LiveObject | None) -> None:
        for key in sorted(_concerned(old, new)):
            self.loop.add(key)
        self.tally.changed(old, new)


def _concerned(old: LiveObject | None, new: LiveObject | None) -> set[NamespacedName]:
    changed = new or old
    if changed is None:
        return set()
    if changed.group_kind == EXPERIMENT:
        return {name_of(changed)}
    return {
        NamespacedName(changed.metadata.namespace, owner.name)
        for owner in changed.metadata.owner_references
        if owner.kind == EXPERIMENT.kind and owner.api_version.startswith(f"{GROUP}/")
    }
