"""Reads what argocd-cm says about comparing: what to ignore in a kind or in all, and how aggregated roles and statuses
are compared.

Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/diffing/ and .../operator-manual/reconcile/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from holdfast.engine.lang import durations
from holdfast.engine.lang.yaml_documents import YamlInvalid, load_all
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.errors import Blocked
from holdfast.model.ignoring import CompareSettings, KnownField, KnownFields, StatusField

OPTIONS: Final = "resource.compareoptions"
MASKED_ANNOTATIONS: Final = "resource.sensitive.mask.annotations"
UPDATES_ENABLED: Final = "resource.ignoreResourceUpdatesEnabled"
JQ_TIMEOUT: Final = ("ignore.normalizer.jq.timeout", "controller.ignore.normalizer.jq.timeout")

_LEGACY: Final = "resource.customizations"
_DIFFERENCES, _UPDATES, _KNOWN = "ignoreDifferences", "ignoreResourceUpdates", "knownTypeFields"
_FALSE: Final = frozenset({"false", "False", "FALSE", "0", "f", "F", "off"})
_STATUS_WORDS: Final = {
    "all": StatusField.IGNORED,
    "crd": StatusField.IGNORED_IN_DEFINITIONS,
    **dict.fromkeys(("none", "off", "false"), StatusField.COMPARED),
}


class _Ignored(msgspec.Struct, frozen=True, rename="camel"):
    """The fields of an override, as argocd-cm writes them."""

    json_pointers: tuple[str, ...] | None = None
    jq_path_expressions: tuple[str, ...] | None = None
    managed_fields_managers: tuple[str, ...] | None = None


def parse(data: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> CompareSettings:
    """`data` is that of argocd-cm, `parameters` that of argocd-cmd-params-cm. Raises Blocked that names the key."""
    found: dict[str, list[Any]] = {_DIFFERENCES: [], _UPDATES: [], _KNOWN: []}
    for aspect, pattern, key, value in (*_legacy(data), *_split(data)):
        group, kind = _group_and_kind(pattern)
        if aspect == _KNOWN:
            found[aspect].append(KnownFields(group, kind, _converted(key, value, tuple[KnownField, ...])))
        else:
            found[aspect].append(_rule(group, kind, _converted(key, value, _Ignored)))
    options = _converted(OPTIONS, data.get(OPTIONS, ""), dict[str, Any])
    return CompareSettings(
        rules=tuple(found[_DIFFERENCES]),
        updates=tuple(found[_UPDATES]),
        updates_ignored=data.get(UPDATES_ENABLED, "true").strip() not in _FALSE,
        known_fields=tuple(found[_KNOWN]),
        aggregated_roles_ignored=_truth(options, "ignoreAggregatedRoles", default=True),
        differences_ignored_in_updates=_truth(options, "ignoreDifferencesOnResourceUpdates", default=True),
        status=_STATUS_WORDS.get(str(options.get("ignoreResourceStatusField", "all")).lower(), StatusField.IGNORED),
        masked_annotations=frozenset(
            name.strip() for name in data.get(MASKED_ANNOTATIONS, "").split(",") if name.strip()
        ),
        jq_seconds=_jq_seconds(parameters or {}),
    )


def _legacy(data: Mapping[str, str]) -> Iterator[tuple[str, str, str, Any]]:
    """The one key that holds everything, by "group/kind"."""
    for pattern, fields in _converted(_LEGACY, data.get(_LEGACY, ""), dict[str, dict[str, Any]]).items():
        for aspect in (_DIFFERENCES, _UPDATES, _KNOWN):
            if aspect in fields:
                yield aspect, pattern, f"{_LEGACY}: {pattern}: {aspect}", fields[aspect]


def _split(data: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The keys `resource.customizations.<aspect>.<group_kind>`, where "all" means every kind."""
    for key, value in data.items():
        aspect, _, kind = key.removeprefix(f"{_LEGACY}.").partition(".")
        if not key.startswith(f"{_LEGACY}.") or aspect not in (_DIFFERENCES, _UPDATES, _KNOWN):
            continue
        if not kind or kind.count("_") > 1:
            raise _invalid(key, f"ends with a kind as group_kind or kind, not {kind!r}")
        yield aspect, "*/*" if kind == "all" else kind.replace("_", "/"), key, value


def _group_and_kind(pattern: str) -> tuple[str, str]:
    group, slash, kind = pattern.partition("/")
    return (group, kind) if slash else ("", group)


def _rule(group: str, kind: str, ignored: _Ignored) -> ResourceIgnoreDifferences:
    return ResourceIgnoreDifferences(
        group=group,
        kind=kind,
        json_pointers=ignored.json_pointers or (),
        jq_path_expressions=ignored.jq_path_expressions or (),
        managed_fields_managers=ignored.managed_fields_managers or (),
    )


def _converted(key: str, value: Any, kind: Any) -> Any:
    """YAML text, or what the legacy form holds as a value already; nothing at all is an empty one."""
    try:
        documents = load_all(value) if isinstance(value, str) else [value]
    except YamlInvalid as error:
        raise _invalid(key, f"invalid YAML: {error}") from error
    said = documents[0] if documents and documents[0] is not None else ([] if kind == tuple[KnownField, ...] else {})
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise _invalid(key, str(error)) from error


def _truth(options: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = options.get(name)
    return default if value is None else str(value) not in _FALSE


def _jq_seconds(parameters: Mapping[str, str]) -> float:
    said = next((parameters[key] for key in JQ_TIMEOUT if key in parameters), "")
    return max((durations.parse(said) or timedelta(seconds=1)).total_seconds(), 0.01)


def _invalid(key: str, problem: str) -> Blocked:
    return Blocked("CustomizationInvalid", f"argocd-cm: {key}: {problem}")
