"""Judges and acts on objects as argocd-cm customizes them: by its scripts where it has some, by our own rules elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from holdfast.adapters.scripts.pool import ScriptPool
from holdfast.engine.actions import catalogue
from holdfast.engine.actions import scripted as scripted_actions
from holdfast.engine.health import scripted as scripted_health
from holdfast.engine.health.customizations import actions_of
from holdfast.engine.health.judge import judge
from holdfast.model.actions import Action, Impact
from holdfast.model.customizations import Customizations
from holdfast.model.errors import Blocked
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, group_kind_of
from holdfast.model.scripts import ScriptRun
from holdfast.ports.scripts import Scripts

UNKNOWN_ACTION: Final = "ActionUnknown"


def scripts() -> Scripts:
    """Workers are started by the first script."""
    return ScriptPool()


async def health_of(scripts: Scripts, customizations: Customizations, obj: KubeObject) -> HealthReport | None:
    """None when nothing judges the kind. A script that fails makes the object Unknown, with the reason as message."""
    script = scripted_health.script_for(obj, customizations)
    if script is None:
        return judge(obj)
    try:
        return scripted_health.report_of(await scripts.run(ScriptRun(script, obj)), script)
    except Blocked as error:
        return scripted_health.report_of_failure(error)


async def actions_on(scripts: Scripts, customizations: Customizations, obj: KubeObject) -> list[Action]:
    custom = actions_of(customizations, group_kind_of(obj))
    if custom is None:
        return catalogue.offers(obj)
    if custom.discovery is None:
        found = scripted_actions.defined(custom)
    else:
        found = scripted_actions.discovered(await scripts.run(ScriptRun(custom.discovery, obj)), custom.discovery)
    return scripted_actions.merged(found, catalogue.offers(obj)) if custom.merge_builtin else found


async def act_on(
    scripts: Scripts,
    customizations: Customizations,
    obj: KubeObject,
    name: str,
    parameters: Mapping[str, str],
    now: datetime,
) -> list[Impact]:
    """What the action changes; nothing is written. An action of argocd-cm that its discovery hides still runs by its
    name, as in Argo CD. Raises Blocked."""
    offered = {action.name: action for action in await actions_on(scripts, customizations, obj)}
    custom = actions_of(customizations, group_kind_of(obj))
    script = custom.script_of(name) if custom else None
    if name in offered and offered[name].disabled:
        raise Blocked("ActionDisabled", f"the action {name!r} is disabled in the object's present state")
    if script is not None:
        answer = await scripts.run(ScriptRun(script, obj, dict(parameters)))
        return scripted_actions.impacts(answer, obj, script)
    impacts = catalogue.perform(obj, name, parameters, now) if name in offered else None
    if impacts is None:
        there = ", ".join(sorted(offered)) or "none"
        raise Blocked(UNKNOWN_ACTION, f"there is no action {name!r}; there are: {there}")
    return impacts
