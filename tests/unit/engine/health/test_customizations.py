"""The resource customizations of argocd-cm: both forms, wildcards, and errors that name the key."""

from __future__ import annotations

import pytest

from holdfast.engine.health.customizations import actions_of, health_of, parse
from holdfast.engine.health.scripted import report_of, script_for
from holdfast.model.errors import Blocked
from holdfast.model.health import Health
from holdfast.model.keys import GroupKind
from holdfast.model.scripts import Script

THING = GroupKind("example.org", "Thing")
OTHER = GroupKind("db.example.org", "Thing")
CONFIG_MAP = GroupKind("", "ConfigMap")
LEGACY = """\
example.org/Thing:
  health.lua: return 'legacy'
  health.lua.useOpenLibs: true
  actions: |
    discovery.lua: return {}
  ignoreDifferences: |
    jsonPointers: [/spec]
"*.example.org/*":
  health.lua: return 'wild'
"*":
  health.lua: return 'all'
ConfigMap:
  health.lua: return 'core'
"""


def text_of(script: Script | None) -> str:
    return script.text if script else ""


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("resource.customizations.health.example.org_Thing", THING),
        ("resource.customizations.health.ConfigMap", CONFIG_MAP),
        ("resource.customizations.health.*.example.org_*", OTHER),
        ("resource.customizations.health.*.example.org_Thing", OTHER),
        ("resource.customizations.health.{db,kv}.example.org_Thing", OTHER),
    ],
)
def test_a_key_names_a_group_and_a_kind(key: str, kind: GroupKind) -> None:
    script = health_of(parse({key: "return 1"}), kind)
    assert script == Script(key, "return 1")
    assert health_of(parse({key: "return 1"}), GroupKind("none.io", "None")) is None


def test_the_legacy_key_holds_all() -> None:
    found = parse({"resource.customizations": LEGACY})
    key = "resource.customizations: example.org/Thing: health.lua"
    assert health_of(found, THING) == Script(key, "return 'legacy'", open_libs=True)
    actions = actions_of(found, THING)
    assert actions is not None
    assert text_of(actions.discovery) == "return {}"
    assert actions.discovery is not None
    assert actions.discovery.open_libs


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (THING, "return 'legacy'"),
        (OTHER, "return 'wild'"),
        (GroupKind("apps", "Deployment"), "return 'all'"),
        (CONFIG_MAP, "return 'core'"),
    ],
)
def test_the_exact_kind_wins_then_the_longest_wildcard(kind: GroupKind, text: str) -> None:
    assert text_of(health_of(parse({"resource.customizations": LEGACY}), kind)) == text


def test_a_key_of_its_own_wins_over_the_legacy_key_and_keeps_the_rest() -> None:
    own = {"resource.customizations.health.example.org_Thing": "return 'own'"}
    found = parse({**own, "resource.customizations": LEGACY})
    script = health_of(found, THING)
    assert text_of(script) == "return 'own'"
    assert script is not None
    assert script.open_libs
    assert actions_of(found, THING) is not None


def test_actions() -> None:
    key = "resource.customizations.actions.example.org_Thing"
    text = (
        "mergeBuiltinActions: true\ndiscovery.lua: return 1\ndefinitions:\n"
        "- name: poke\n  action.lua: return 2\n- name: prod\n  action.lua: return 3\n"
    )
    actions = actions_of(parse({key: text, "resource.customizations.useOpenLibs.example.org_Thing": "t"}), THING)
    assert actions is not None
    assert actions.merge_builtin
    assert actions.discovery == Script(f"{key}: discovery.lua", "return 1", open_libs=True)
    assert actions.script_of("prod") == Script(f"{key}: prod: action.lua", "return 3", open_libs=True)
    assert actions.script_of("none") is None


def test_what_others_read_is_passed_over() -> None:
    data = {
        "url": "https://x",
        "resource.customizations.ignoreDifferences.all": "jsonPointers: []",
        "resource.customizations.ignoreResourceUpdates.all": "x",
        "resource.customizations.knownTypeFields.apps_X": "x",
        "resource.customizations.health.apps_X": "",
    }
    assert health_of(parse(data), GroupKind("apps", "X")) is None


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("resource.customizations.health.a_b_c", "x", "ends with a kind as group_kind or kind, not 'a_b_c'"),
        ("resource.customizations.health.", "x", "ends with a kind as group_kind or kind, not ''"),
        (
            "resource.customizations.helth.a_b",
            "x",
            "there is no customization 'helth'; there are health, actions and useOpenLibs",
        ),
        ("resource.customizations.useOpenLibs.a_b", "maybe", "is true or false, not 'maybe'"),
        ("resource.customizations.actions.a_b", "[]: [", "invalid YAML"),
        ("resource.customizations.actions.a_b", "- x", "is no mapping"),
        ("resource.customizations.actions.a_b", "definitions: 1", "definitions is no list"),
        ("resource.customizations.actions.a_b", "definitions: [{}]", "definitions[0]: has no name"),
        (
            "resource.customizations.actions.a_b",
            "definitions: [{name: x}]",
            "definitions[0]: the action 'x' has no action.lua",
        ),
        ("resource.customizations.actions.a_b", "discovery.lua: 1", "discovery.lua: is no text"),
        ("resource.customizations", "a/b: {health.lua: [1]}", "a/b: health.lua: is no text"),
        ("resource.customizations", "a/b: 1", "a/b: is no mapping"),
        ("resource.customizations.health.[_b", "x", ""),
    ],
)
def test_an_error_names_the_key(key: str, value: str, problem: str) -> None:
    with pytest.raises(Blocked) as caught:
        parse({key: value})
    assert caught.value.reason == "CustomizationInvalid"
    assert caught.value.message.startswith(f"argocd-cm: {key}: {problem}")


SCRIPT = Script("the.key", "")


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ({"status": "Healthy", "message": "fine"}, Health.HEALTHY, "fine"),
        ({"status": "Suspended"}, Health.SUSPENDED, ""),
        ({"status": "Degraded", "message": 3}, Health.DEGRADED, "3"),
        (None, Health.UNKNOWN, "the.key: the script gave no answer"),
        ([], Health.UNKNOWN, "the.key: the script gave no answer"),
        ("Healthy", Health.UNKNOWN, "the.key: the script gave no table with status and message"),
        (
            {"status": "healthy"},
            Health.UNKNOWN,
            (
                "the.key: the script gave the status 'healthy', which is none of "
                "Healthy, Suspended, Progressing, Missing, Degraded, Unknown"
            ),
        ),
    ],
)
def test_what_an_answer_means(answer: object, status: Health, message: str) -> None:
    report = report_of(answer, SCRIPT)
    assert (report.status, report.message) == (status, message)


def test_an_object_that_is_being_deleted_is_asked_nothing() -> None:
    found = parse({"resource.customizations.health.example.org_Thing": "return 1"})
    thing = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}
    assert script_for(thing, found) is not None
    assert script_for({**thing, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, found) is None
