"""Hooks, waves, names and tracking as Argo CD's own tests say (02-engine-sync*, 02-app-state, 06-util-argo)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.engine.plan import hooks, options, order, tracking
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation, HookPhase
from holdfast.testing.builders import obj
from tests.replay.cases import Case, load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = {
    "common.AnnotationKeyHook": "argocd.argoproj.io/hook",
    "synccommon.AnnotationKeyHook": "argocd.argoproj.io/hook",
}


def annotated(annotations: dict[str, str]) -> KubeObject:
    return obj("v1", "Pod", "p", annotations=annotations)


def built(case: Case, reference: Any) -> KubeObject:
    """The Pod that the setup calls make."""
    if "$ref" not in reference:
        return annotated(reference.get("Annotations") or {})
    for call in case["setup"]:
        if call["id"] != reference["$ref"]:
            continue
        if call["call"].endswith("Annotate"):
            inner, name, value = call["args"]
            before = built(case, inner)["metadata"].get("annotations") or {}
            return annotated({**before, WORDS.get(name, name): value})
        found: dict[str, str] = {}
        for setter in case["setup"]:
            if setter["call"] == "SetAnnotations" and (setter.get("recv") or {}).get("$ref") == reference["$ref"]:
                found = {WORDS.get(name, name): value for name, value in setter["args"][0].items()}
        return annotated(found)
    raise AssertionError(f"no setup call {reference}")


def phases(found: tuple[HookPhase, ...]) -> list[str]:
    return [phase.value for phase in found]


def policies(case: Case) -> list[str]:
    target = built(case, case["args"][0])
    if case["id"].startswith("delete_policy_test.go") and "common." not in str(case["expect"]):
        return sorted(options.listed(target, Annotation.HELM_HOOK_DELETE_POLICY))
    return [policy.value for policy in hooks.delete_policies_of(target)]


def hook_names(case: Case) -> str:
    [call] = [call for call in case["setup"] if call["call"] == "getSyncTasks"]
    pod = {**built(case, call["recv"]["hooks"][0]), "metadata": {"generateName": ""}}
    phase = [HookPhase.PRE_SYNC, HookPhase.POST_SYNC][case["recv"]["$path"][1]]
    return str(hooks.named(pod, call["recv"]["revision"], phase, NOW)["metadata"]["name"])


def parsed(case: Case) -> list[Any]:
    found = tracking.parse(case["args"][0])
    assert found is not None
    return [
        {
            "ApplicationName": found.instance,
            "Group": found.group,
            "Kind": found.kind,
            "Namespace": found.namespace,
            "Name": found.name,
        },
        None,
    ]


def instance_name(case: Case) -> str:
    qualified, control_namespace = case["args"]
    namespace, _, name = qualified.rpartition("/")
    return tracking.instance_name(namespace, name, control_namespace)


OURS: dict[str, Callable[[Case], Any]] = {
    "syncPhases": lambda case: phases(hooks.phases_of(built(case, case["args"][0]))),
    "Types": lambda case: phases(hooks.types_of(built(case, case["args"][0]))),
    "IsHook": lambda case: hooks.is_hook(built(case, case["args"][0])),
    "Skip": lambda case: hooks.is_skipped(built(case, case["args"][0])),
    "DeletePolicies": policies,
    "DeletePolicy": lambda case: hooks.HELM_POLICIES[case["recv"]].value,
    "HookType": lambda case: hooks.HELM_PHASES[case["recv"]].value,
    "Weight": lambda case: order.wave_of(built(case, case["args"][0])),
    "wave": lambda case: order.wave_of(built(case, case["recv"]["targetObj"])),
    "name": hook_names,
    "isPostDeleteHook": lambda case: HookPhase.POST_DELETE in hooks.types_of(built(case, case["args"][0])),
    "ParseInstanceName": lambda case: list(reversed(tracking.parse_instance_name(*case["args"]))),
    "InstanceNameFromQualified": instance_name,
    "ParseAppInstanceValue": parsed,
}
FILES = (
    "02-engine-sync.jsonl",
    "02-engine-sync-hook.jsonl",
    "02-engine-sync-hook-helm.jsonl",
    "02-app-state.jsonl",
    "06-util-argo.jsonl",
)
RUN = [
    case
    for file in FILES
    for case in load(file)
    if case["fn"] in OURS and "TestManagedResourceAreNotNamed" not in case["id"]
]


def plain(value: Any) -> Any:
    """Their constants are told by name: `common.HookTypePreSync`."""
    if isinstance(value, dict) and "$opaque" in value:
        word = value["$opaque"].rpartition(".")[2]
        for prefix in ("HookType", "HookDeletePolicy", "SyncPhase"):
            word = word.removeprefix(prefix)
        return word
    return [plain(item) for item in value] if isinstance(value, list) else value


def at(value: Any, path: list[Any]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_same_answer(case: Case) -> None:
    answer = OURS[case["fn"]](case)
    for expected in case["expect"]:
        got, wanted = at(answer, expected["path"]), plain(expected["value"])
        match expected["op"]:
            case "Equal":
                assert got == wanted
            case "ElementsMatch":
                assert sorted(got) == sorted(wanted)
            case "True" | "False":
                assert got is (expected["op"] == "True")
            case "Nil" | "NoError" | "Empty":
                assert not got
            case "Contains":
                assert wanted in got
            case other:
                raise AssertionError(f"unknown expectation {other}")
