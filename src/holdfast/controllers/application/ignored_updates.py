"""Which changes of a live object wake nobody, as `resource.customizations.ignoreResourceUpdates` of argocd-cm says.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/reconcile/
"""

from __future__ import annotations

from holdfast.controllers.application.world import World
from holdfast.engine.diff import ignoring, normalize
from holdfast.engine.health import judge, scripted
from holdfast.engine.kube import canonical
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.errors import Blocked
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.model.names import Annotation

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


def is_ignored(world: World, old: LiveObject | None, new: LiveObject | None) -> bool:
    """Only ignored fields have changed, and not its health. What only jq or Lua could tell counts as changed."""
    if old is None or new is None or not (old.is_whole and new.is_whole) or old.metadata.uid != new.metadata.uid:
        return False
    rules = rules_for(world, new.key)
    if not rules or not _may_be_ignored(new):
        return False
    before, after = old.decode(), new.decode()

    def reduced(obj: KubeObject) -> KubeObject:
        return ignoring.without_ignored(normalize.normalized(obj, normalize.EVERYTHING), before, rules)

    return canonical.equal(reduced(before), reduced(after)) and _is_as_well(world, before, after)


def _may_be_ignored(new: LiveObject) -> bool:
    """What the object says of itself goes before the rules; without a word they hold. Only what Go reads as true is so."""
    said = (new.metadata.annotations or {}).get(Annotation.IGNORE_RESOURCE_UPDATES)
    return said is None or said in TRUE


def rules_for(world: World, key: ObjectKey) -> tuple[ResourceIgnoreDifferences, ...]:
    """What of the changes of an object wakes nobody."""
    try:
        settings = world.customized.comparing
    except Blocked:
        return ()
    listed = settings.updates + (settings.rules if settings.differences_ignored_in_updates else ())
    return tuple(ignoring.rules_for(key, listed)) if settings.updates_ignored else ()


def _is_as_well(world: World, before: KubeObject, after: KubeObject) -> bool:
    return scripted.script_for(after, world.customized.scripts) is None and judge.judge(before) == judge.judge(after)
