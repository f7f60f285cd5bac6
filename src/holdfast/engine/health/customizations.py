"""Reads the resource customizations of argocd-cm, in both forms that Argo CD has.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/health/ and .../resource_actions/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.lang import globs
from holdfast.engine.lang.yaml_documents import YamlInvalid, load_all
from holdfast.model.customizations import Customization, Customizations
from holdfast.model.errors import Blocked
from holdfast.model.keys import GroupKind
from holdfast.model.scripts import Script, ScriptedAction, ScriptedActions

_PREFIX: Final = "resource.customizations"
_HEALTH, _ACTIONS, _OPEN_LIBS = "health", "actions", "useOpenLibs"
_READ_ELSEWHERE: Final = frozenset({"ignoreDifferences", "ignoreResourceUpdates", "knownTypeFields"})
_LEGACY_FIELDS: Final = {"health.lua": _HEALTH, "health.lua.useOpenLibs": _OPEN_LIBS, "actions": _ACTIONS}
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_WILD: Final = frozenset("*?[{")

_Said = dict[str, tuple[str, Any]]
"""What is said of one pattern: by aspect, the key it stands under and the value."""


def parse(data: Mapping[str, str]) -> Customizations:
    """`data` is that of argocd-cm. Raises Blocked that names the key."""
    said: dict[str, _Said] = {}
    for pattern, aspect, key, value in (*_legacy(data), *_split(data)):
        said.setdefault(pattern, {})[aspect] = (key, value)
    customizations = [_customization(pattern, aspects) for pattern, aspects in said.items()]
    wild = [item for item in customizations if _WILD & set(item.pattern)]
    # Argo CD tries them in any order; the longest pattern is the one that says most about the kind.
    wild.sort(key=lambda item: (-len(item.pattern), item.pattern))
    return Customizations({item.pattern: item for item in customizations if item not in wild}, tuple(wild))


def health_of(customizations: Customizations, kind: GroupKind) -> Script | None:
    return next((item.health for item in _matching(customizations, kind) if item.health is not None), None)


def actions_of(customizations: Customizations, kind: GroupKind) -> ScriptedActions | None:
    return next((item.actions for item in _matching(customizations, kind) if item.actions is not None), None)


def _matching(customizations: Customizations, kind: GroupKind) -> Iterator[Customization]:
    name = str(kind)
    if name in customizations.exact:
        yield customizations.exact[name]
    for item in customizations.wildcards:
        if globs.compile_glob(item.pattern).matches(name):
            yield item


def _legacy(data: Mapping[str, str]) -> Iterator[tuple[str, str, str, Any]]:
    """The one key that holds everything, by "group/kind"."""
    if not data.get(_PREFIX):
        return
    for pattern, fields in _table(_yaml(_PREFIX, data[_PREFIX]), _PREFIX).items():
        key = f"{_PREFIX}: {pattern}"
        for field, value in _table(fields, key).items():
            if field in _LEGACY_FIELDS:
                yield pattern, _LEGACY_FIELDS[field], f"{key}: {field}", value


def _split(data: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The keys `resource.customizations.<aspect>.<group_kind>`."""
    for key, value in data.items():
        if not key.startswith(f"{_PREFIX}."):
            continue
        aspect, _, kind = key.removeprefix(f"{_PREFIX}.").partition(".")
        if aspect in _READ_ELSEWHERE:
            continue
        if aspect not in (_HEALTH, _ACTIONS, _OPEN_LIBS):
            raise _invalid(key, f"there is no customization {aspect!r}; there are health, actions and useOpenLibs")
        yield _pattern(key, kind), aspect, key, value


def _pattern(key: str, kind: str) -> str:
    parts = kind.split("_")
    if not kind or len(parts) > 2:
        raise _invalid(key, f"ends with a kind as group_kind or kind, not {kind!r}")
    return "/".join(parts)


def _customization(pattern: str, said: _Said) -> Customization:
    if _WILD & set(pattern):
        _check_glob(pattern, next(iter(said.values()))[0])
    open_libs = _truth(*said[_OPEN_LIBS]) if _OPEN_LIBS in said else False
    return Customization(
        pattern,
        health=_script(*said[_HEALTH], open_libs=open_libs) if _HEALTH in said else None,
        actions=_actions(*said[_ACTIONS], open_libs=open_libs) if _ACTIONS in said else None,
    )


def _check_glob(pattern: str, key: str) -> None:
    try:
        globs.compile_glob(pattern)
    except globs.GlobError as error:
        raise _invalid(key, str(error)) from error


def _actions(key: str, value: Any, *, open_libs: bool) -> ScriptedActions | None:
    """Text of YAML, which the legacy form may also hold as a mapping."""
    found = _table(_yaml(key, value) if isinstance(value, str) else value, key)
    if not found:
        return None
    definitions = found.get("definitions") or []
    if not isinstance(definitions, list):
        raise _invalid(key, "definitions is no list")
    return ScriptedActions(
        discovery=_script(f"{key}: discovery.lua", found.get("discovery.lua"), open_libs=open_libs),
        definitions=tuple(_definition(key, number, item, open_libs) for number, item in enumerate(definitions)),
        merge_builtin=_truth(f"{key}: mergeBuiltinActions", found.get("mergeBuiltinActions", False)),
    )


def _definition(key: str, number: int, item: Any, open_libs: bool) -> ScriptedAction:
    place = f"{key}: definitions[{number}]"
    fields = _table(item, place)
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        raise _invalid(place, "has no name")
    script = _script(f"{key}: {name}: action.lua", fields.get("action.lua"), open_libs=open_libs)
    if script is None:
        raise _invalid(place, f"the action {name!r} has no action.lua")
    return ScriptedAction(name, script)


def _script(key: str, value: Any, *, open_libs: bool) -> Script | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _invalid(key, "is no text")
    return Script(key, value, open_libs)


def _truth(key: str, value: Any) -> bool:
    word = str(value).strip()
    if word not in _TRUE | _FALSE:
        raise _invalid(key, f"is true or false, not {word!r}")
    return word in _TRUE


def _table(value: Any, key: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid(key, "is no mapping")
    return value


def _yaml(key: str, text: str) -> Any:
    try:
        documents = load_all(text)
    except YamlInvalid as error:
        raise _invalid(key, f"invalid YAML: {error}") from error
    return documents[0] if documents else None


def _invalid(key: str, problem: str) -> Blocked:
    return Blocked("CustomizationInvalid", f"argocd-cm: {key}: {problem}")
