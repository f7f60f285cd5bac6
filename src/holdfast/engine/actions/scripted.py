"""Reads what the Lua of argocd-cm answers: the actions an object offers, and what one of them changes.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/resource_actions/ and Argo CD, util/lua/lua.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from holdfast.engine.actions.restoring import restored, restored_by_names
from holdfast.model.actions import Action, ActionParameter, Impact, Operation
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, kind_of, name_of
from holdfast.model.scripts import Script, ScriptAnswer, ScriptedActions


def discovered(answer: ScriptAnswer, script: Script) -> list[Action]:
    """The table that a discovery script returns, by name. Raises Blocked."""
    if not answer:
        return []
    if not isinstance(answer, dict):
        _refuse(script, "a discovery script returns a table of actions by name")
    return [_action(name, fields, script) for name, fields in sorted(answer.items())]


def defined(actions: ScriptedActions) -> list[Action]:
    """What is offered without a discovery script: each action that is defined."""
    return [Action(action.name) for action in actions.definitions]


def merged(custom: Iterable[Action], builtin: Iterable[Action]) -> list[Action]:
    """The custom ones win over ours of the same name."""
    return list({action.name: action for action in (*builtin, *custom)}.values())


def impacts(answer: ScriptAnswer, original: KubeObject, script: Script) -> list[Impact]:
    """Either the changed object itself, or a list of operations with their objects. Raises Blocked."""
    if isinstance(answer, dict):
        return [_impact(Operation.PATCH, answer, original, script)]
    if not isinstance(answer, list):
        _refuse(script, "an action returns the changed object or a list of operations")
    return [_listed(number, item, original, script) for number, item in enumerate(answer, start=1)]


def _listed(number: int, item: Any, original: KubeObject, script: Script) -> Impact:
    if not isinstance(item, dict) or not isinstance(item.get("resource"), dict):
        _refuse(script, f"operation {number} has no resource")
    word = item.get("operation")
    if word not in list(Operation):
        _refuse(script, f"operation {number} is {word!r}; there are: {', '.join(Operation)}")
    return _impact(Operation(word), item["resource"], original, script)


def _impact(operation: Operation, resource: KubeObject, original: KubeObject, script: Script) -> Impact:
    if not kind_of(resource) or not isinstance(resource.get("metadata"), dict):
        _refuse(script, "an action returned an object without kind or metadata")
    is_same = (kind_of(resource), name_of(resource)) == (kind_of(original), name_of(original))
    return Impact(operation, restored(resource, original) if is_same else restored_by_names(resource, original))


def _action(name: str, fields: Any, script: Script) -> Action:
    fields = fields or {}
    if not isinstance(fields, dict):
        _refuse(script, f"the action {name!r} is no table")
    params = fields.get("params") or []
    if not isinstance(params, list):
        _refuse(script, f"the params of {name!r} are no list")
    return Action(
        name=name,
        disabled=fields.get("disabled") is True,
        icon_class=_text(fields, "iconClass"),
        display_name=_text(fields, "displayName"),
        params=tuple(
            ActionParameter(_text(item, "name"), _text(item, "default")) for item in params if isinstance(item, dict)
        ),
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)


def _refuse(script: Script, problem: str) -> NoReturn:
    raise Blocked("ScriptAnswerInvalid", f"{script.key}: {problem}")
