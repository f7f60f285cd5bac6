"""Comparing, ignoring and customizing as Argo CD's own tests say.

From 02-engine-diff, 02-app-state, 02-api-types-calls, 02-engine-kube, 06-normalizers, 06-managedfields and 09-lua, of
which those are left out that say where its scripts lie in its repository.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from holdfast.adapters.scripts import jq_paths, lua
from holdfast.engine.actions import scripted as scripted_actions
from holdfast.engine.diff import compare, ignoring, masking, normalize, settings
from holdfast.engine.health import customizations, scripted
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.status import operation
from holdfast.model.application import ResourceIgnoreDifferences, RetryStrategy
from holdfast.model.errors import Blocked
from holdfast.model.ignoring import CompareSettings, Ignoring
from holdfast.model.kube import KubeObject, group_kind_of, key_of, name_of
from holdfast.model.names import SyncCode
from holdfast.model.scripts import JsonPath, PathsQuestion, Script, ScriptRun
from tests.replay.cases import Case, load


def call_of(case: Case, reference: Any) -> Case:
    found: Case = next(call for call in case["setup"] if call["id"] == reference["$ref"])
    return found


# 06-normalizers


def said(overrides: dict[str, Any]) -> CompareSettings:
    """Their overrides in the form of argocd-cm."""
    names = {"IgnoreDifferences": "ignoreDifferences", "KnownTypeFields": "knownTypeFields"}
    fields = {
        pattern: {
            names[name]: value if name == "KnownTypeFields" else json.dumps(value) for name, value in aspects.items()
        }
        for pattern, aspects in overrides.items()
    }
    return settings.parse({"resource.customizations": json.dumps(fields)})


def rules_of(listed: list[Any]) -> tuple[ResourceIgnoreDifferences, ...]:
    return msgspec.convert(listed, tuple[ResourceIgnoreDifferences, ...])


def meant(rules: ignoring.Rules, obj: KubeObject) -> tuple[JsonPath, ...]:
    expressions = ignoring.expressions_of(rules)
    return tuple(path for one in expressions for path in jq_paths.paths(PathsQuestion(one, obj)))


def built(case: Case) -> CompareSettings:
    """What the normalizer of a case was made of."""
    maker = case if case["fn"].startswith("New") else call_of(case, case["recv"])
    if "KnownTypes" in str(maker.get("call", case["fn"])):
        return said(maker["args"][0])
    found = said(maker["args"][1])
    return msgspec.structs.replace(found, rules=(*found.rules, *rules_of(maker["args"][0])))


def unstructured(case: Case, argument: Any) -> KubeObject:
    obj: KubeObject = json.loads(call_of(case, argument)["args"][0]) if "$ref" in argument else argument
    return obj


def normalized(case: Case) -> KubeObject:
    found, obj = built(case), unstructured(case, case["args"][0])
    rules = ignoring.rules_for(key_of(obj), found.rules)
    return ignoring.without_ignored(normalize.normalized(obj, found), obj, rules, meant(rules, obj))


NORMALIZED: dict[str, Callable[[KubeObject], object]] = {
    "TestNormalizeGlobMatch": lambda obj: "containers" not in obj["spec"]["template"]["spec"],
    "TestNormalizeJQPathExpressionWithError": lambda obj: obj["spec"]["template"]["spec"]["containers"],
    "TestNormalizeNoMatchedGroupKinds": lambda obj: obj["spec"]["template"]["spec"]["containers"],
    "TestNormalize_Quantity": lambda obj: obj["spec"]["ram"] == "1250M",
    "TestNormalize_FieldInDoubleNestedSlice": lambda obj: (
        obj["spec"]["templates"][0]["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "2", "memory": "32Mi"}
    ),
}
NORMALIZERS = load("06-normalizers.jsonl")
MAKERS = [one for one in NORMALIZERS if one["fn"].startswith("New")]
APPLIED = [one for one in NORMALIZERS if one["fn"] == "Normalize"]


@pytest.mark.parametrize("case", MAKERS, ids=lambda case: case["id"])
def test_settings_that_they_take_are_taken(case: Case) -> None:
    assert built(case) != CompareSettings()


@pytest.mark.parametrize("case", APPLIED, ids=lambda case: case["id"])
def test_the_same_is_left_out(case: Case) -> None:
    result = normalized(case)
    holds = NORMALIZED.get(case["id"].split(":")[1].split("#")[0])
    assert holds is None or holds(result)


# 06-managedfields


def side(case: Case, bound: Any) -> KubeObject:
    if "$bound" not in bound:
        obj: KubeObject = bound
        return obj
    live, desired, managers, _ = call_of(case, bound["of"])["args"]
    rule = ResourceIgnoreDifferences(group="*", kind="*", managed_fields_managers=tuple(managers))
    [number] = bound["of"]["$path"]
    return ignoring.without_ignored((live, desired)[number], live, (rule,))


MANAGED = load("06-managedfields.jsonl")


@pytest.mark.parametrize("case", MANAGED, ids=lambda case: case["id"])
def test_what_trusted_managers_hold_is_left_out(case: Case) -> None:
    obj, *steps = case["args"]
    value: Any = side(case, obj)
    for step in steps if case["fn"] == "unstructured.NestedFloat64" else ():
        value = value.get(step) if isinstance(value, dict) else None
    for expected in case["expect"]:
        match expected["op"]:
            case "True":
                assert value is not None
            case "False" | "Zero":
                assert value is None
            case "InEpsilon":
                assert math.isclose(value, expected["value"])
            case other:
                assert other == "NoError"


# 02-engine-diff

DIFFS = [
    case
    for case in load("02-engine-diff.jsonl")
    if case["fn"] in ("Diff", "DiffArray", "StructuredMergeDiff") and "TestRedactedSecretData" not in case["id"]
]


@pytest.mark.parametrize("case", DIFFS, ids=lambda case: case["id"])
def test_the_same_is_modified(case: Case) -> None:
    desired, live = case["args"][:2] if case["fn"] == "StructuredMergeDiff" else case["args"][1:3]
    if isinstance(desired, list):
        [desired], [live] = desired, live
    [modified] = [one["op"] == "True" for one in case["expect"] if one["path"][-1:] == ["Modified"]]
    found = compare.compare(desired, live, None, manner=compare.Manner(server_side=False))
    assert found.status is (SyncCode.OUT_OF_SYNC if modified else SyncCode.SYNCED)


SECRETS = [case for case in load("02-engine-diff.jsonl") if case["fn"] == "HideSecretData"]


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: case["id"])
def test_annotations_that_are_to_be_hidden_are_hidden_and_differ_still(case: Case) -> None:
    """Their expectations are lost but for "no error"; what the settings name must not be seen."""
    live: KubeObject = call_of(case, case["args"][1])["args"][0]
    desired = call_of(case, case["args"][0])["args"][0] if case["args"][0] is not None else live
    settings_said = CompareSettings(masked_annotations=frozenset(case["args"][2] or ()))
    found = compare.compare(desired, live, desired, Ignoring(settings_said))
    assert (found.status is SyncCode.OUT_OF_SYNC) is ("PreserveDifference" in case["id"])
    shown = str(found) + str(masking.masked(live, settings_said.masked_annotations))
    if settings_said.masked_annotations:
        assert "secret-key" not in shown
        assert "'secret'" not in shown
        assert "new-secret" not in shown


# 02-app-state: what RespectIgnoreDifferences makes of the manifests


def environment(obj: KubeObject) -> Any:
    return {item["name"]: item["value"] for item in obj["spec"]["template"]["spec"]["containers"][0]["env"]}


def entries(obj: KubeObject) -> Any:
    return obj["spec"]["routes"][0]["rateLimitPolicy"]["global"]["descriptors"][0]["entries"]


LIVE_ENTRY = {"requestHeader": {"descriptorKey": "sample-key", "headerName": "sample-header"}}
# The recording keeps only how many objects there are; these are the fields that each of the tests is about.
RESPECTED: dict[str, Callable[[KubeObject], bool]] = {
    "will properly ignore nested fields within arrays": lambda obj: entries(obj) == [LIVE_ENTRY],
    "patches ignored differences in individual array elements of HTTPProxy CRD": lambda obj: (
        entries(obj) == [LIVE_ENTRY]
    ),
    "will correctly set array entries if new entries have been added": lambda obj: (
        environment(obj)
        == {
            "SOME_OTHER_ENV_VAR": "some_other_value",
            "YET_ANOTHER_ENV_VAR": "yet_another_value",
            "SOME_ENV_VAR": "some_value",
        }
        and obj["spec"]["replicas"] == 1
    ),
    "ignore-deployment-image-replicas-changes-additive": lambda obj: (
        obj["spec"]["replicas"] == 1
        and obj["metadata"]["labels"]["appProcess"] == "web"
        and obj["spec"]["template"]["spec"]["containers"]
        == [
            {
                "name": "alpine",
                "image": "alpine:3",
                "env": [{"name": "EV", "value": "here"}],
                "resources": {"requests": {"cpu": "400m"}},
            }
        ]
    ),
}
TARGETS = [case for case in load("02-app-state.jsonl") if case["fn"] == "normalizeTargetResources"]


@pytest.mark.parametrize("case", TARGETS, ids=lambda case: case["id"])
def test_a_sync_leaves_alone_what_is_ignored(case: Case) -> None:
    sides = case["args"][1]["reconciliationResult"]
    [configured] = [call for call in case["setup"] if call["call"] == "WithDiffSettings"]
    [live], [desired] = sides["Live"], sides["Target"]
    rules = ignoring.rules_for(key_of(live), rules_of(configured["args"][0]))
    kept = ignoring.with_live_values(
        desired, live, rules, meant=meant(rules, desired), meant_in_live=meant(rules, live)
    )
    assert RESPECTED[case["id"].split("/")[1].split("#")[0]](kept)


# 02-api-types-calls, 02-engine-kube

CALLS = [*load("02-api-types-calls.jsonl"), *load("02-engine-kube.jsonl")]
SPECS = [case for case in CALLS if "IgnoreDifferences_Equals" in case["id"]]
RETRIES = [case for case in CALLS if case["fn"] == "NextRetryAt"]
YAMLS = [case for case in CALLS if case["fn"] == "SplitYAML"]


@pytest.mark.parametrize("case", SPECS, ids=lambda case: case["id"])
def test_rules_are_equal_where_they_say_the_same(case: Case) -> None:
    left, right = rules_of(case.get("recv") or []), rules_of(case["args"][0] or [])
    assert (left == right) is case["expect"][0]["value"]
    assert (Ignoring(rules=left) == Ignoring(rules=right)) is case["expect"][0]["value"]


@pytest.mark.parametrize("case", RETRIES, ids=lambda case: case["id"])
def test_a_retry_has_a_time_however_many_there_were(case: Case) -> None:
    assert operation.retry_delay(RetryStrategy(), case["args"][1]).total_seconds() >= 0


@pytest.mark.parametrize("case", YAMLS, ids=lambda case: case["id"])
def test_documents_are_told_apart(case: Case) -> None:
    assert len([one for one in load_all(case["args"][0]) if one is not None]) == case["expect"][-1]["value"]


RUN = [*MAKERS, *APPLIED, *MANAGED, *DIFFS, *SECRETS, *TARGETS, *SPECS, *RETRIES, *YAMLS]

# 09-lua

LUA = {case["id"].split(":")[1]: case for case in load("09-lua.jsonl")}


def overrides(case: Case) -> dict[str, str]:
    """Their overrides as keys of argocd-cm."""
    names = {"HealthLua": "health", "Actions": "actions"}
    return {
        f"resource.customizations.{names[name]}.{pattern.replace('/', '_')}": (
            json.dumps(call_of(case, value)["args"][0]) if name == "Actions" else value
        )
        for pattern, fields in case["recv"]["ResourceOverrides"].items()
        for name, value in fields.items()
        if name in names
    }


@pytest.mark.parametrize(
    "test", ["TestExecuteNewStyleActionMixedOperationsOk", "TestExecuteNewStyleCreateActionSingleResource"]
)
def test_an_action_touches_the_same_objects(test: str) -> None:
    original, text, _ = LUA[f"{test}#ExecuteResourceAction1"]["args"]
    [wanted] = load_all(LUA[f"{test}#UnmarshalToImpactedResources1"]["setup"][0]["args"][0])
    script = Script("key", text)
    found = scripted_actions.impacts(lua.run(ScriptRun(script, original)), original, script)
    assert [{"operation": one.operation.value, "resource": one.resource} for one in found] == wanted


@pytest.mark.parametrize(
    "name", ["TestInvalidHealthStatusStatus#ExecuteHealthLua1", "TestNilHealthStatusStatus#ExecuteHealthLua1"]
)
def test_an_answer_that_is_no_health_is_unknown(name: str) -> None:
    """Without an answer they give an empty status, which counts as Unknown in their tree."""
    obj, text = LUA[name]["args"]
    script = Script("key", text)
    assert scripted.report_of(lua.run(ScriptRun(script, obj)), script).status == "Unknown"


def test_what_is_no_lua_is_an_error() -> None:
    obj, [text] = LUA["TestExecuteResourceActionDiscoveryInvalidResourceAction#ExecuteResourceActionDiscovery1"]["args"]
    with pytest.raises(Blocked):
        lua.run(ScriptRun(Script("key", text), obj))


def test_a_wildcard_chooses_the_same_health_script() -> None:
    case = LUA["TestGetHealthScriptWithKindWildcardOverride#GetHealthScript1"]
    script = scripted.script_for(case["args"][0], customizations.parse(overrides(case)))
    assert script is not None
    assert script.text == case["expect"][-1]["value"]


def test_the_same_discovery_and_action_are_chosen() -> None:
    discovery = LUA["TestGetResourceActionDiscoveryWithOverride#GetResourceActionDiscovery1"]
    found = customizations.actions_of(customizations.parse(overrides(discovery)), group_kind_of(discovery["args"][0]))
    assert found is not None
    assert found.discovery is not None
    assert found.discovery.text == discovery["expect"][-1]["value"]
    action = LUA["TestGetResourceActionWithOverride#GetResourceAction1"]
    found = customizations.actions_of(customizations.parse(overrides(action)), group_kind_of(action["args"][0]))
    script = found.script_of("test") if found is not None else None
    assert script is not None
    assert script.text == action["expect"][-1]["value"]["action.lua"]
    assert name_of(action["args"][0]) == "helm-guestbook"
