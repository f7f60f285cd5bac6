"""Every recorded case about syncing, comparing, health and actions is run, or left out here with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.replay import (
    test_actions,
    test_applications,
    test_diff_replay,
    test_health,
    test_sync_replay,
    test_sync_windows,
)
from tests.replay.cases import FOLDER, Case, load

FILES = sorted(path.name for number in ("01", "02", "06") for path in FOLDER.glob(f"{number}-*.jsonl"))
MODULES = (test_actions, test_applications, test_diff_replay, test_health, test_sync_replay, test_sync_windows)
RUN = {case["id"] for module in MODULES for case in module.RUN}

SETTER = "makes or changes a value of their programming interface in place; the fields are read as they are here"
ACCESSOR = "reads a field of their own objects"
LOST = "the recording lost what is compared"
FAKE = "asks a fake of theirs what was called"
CACHE = "the inside of their cache of a cluster"
SERVER = "a matter of their server's or repository's credentials, not of syncing"

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "02-api-types-calls.jsonl": {
        "AllowsConcurrentProcessing": "whether their renderer writes into its work tree; ours never does",
        "ExplicitType": "an Application that sets two tools is judged by its schema and by `engine/render/detect`",
        "FindByName": SETTER,
        "Force": ACCESSOR,
        "GetGitCreds": SERVER,
        "GetHelmCreds": SERVER,
        "GetIntCount": "kustomize reads the number itself",
        "GetSummary": "external links are drawn by a server, which has tests of its own",
        "GetSyncSource": "the source hydrator, which is no part of this",
        "IsZero": ACCESSOR,
        "MarshalJSON": "their encoding of parameters; fields are written as they were read",
        "NewHelmParameter": "a flag of their command line",
        "NewJsonnetVar": "a flag of their command line",
        "NewKustomizeReplica": "a flag of their command line",
        "RBACName": "a name in RBAC policies of ApplicationSets",
        "RemoveOption": SETTER,
        "RoleGroupExists": "roles of projects, for a server's RBAC",
        "Sanitized": SERVER,
        "SetValuesString": SETTER,
        "UnmarshalJSON": "their decoding of parameters; fields are written as they were read",
        "ValuesString": ACCESSOR,
        "WillIncludeSharedProjects": "a generator of ApplicationSets",
        "getCAPath": "where their certificates lie on disk",
    },
    "02-app-state.jsonl": {
        "Build": "makes a configuration; what is compared with it is lost",
        "CompareAppState": LOST,
        "Get": "reads an Application back from their fake of a cluster",
        "GetConditions": ACCESSOR,
        "GetName": ACCESSOR,
        "GetRepoObjs": LOST,
        "GetSource": ACCESSOR,
        "GetSyncStatus": ACCESSOR,
        "Parse": "reads a schema as a step of another case",
        "isObjRequiresDeletionConfirmation": "the recording lost the options of the Pod and of the Application",
        "openapi_v2.ParseDocument": "reads a schema as a step of another case",
        "setAppManagedResources": LOST,
        "useDiffCache": "when their cache of comparisons may be used; ours is keyed by its inputs",
    },
    "02-engine-cache.jsonl": {"Delete": CACHE, "EnsureSynced": CACHE, "NewClusterCache": CACHE},
    "02-engine-diff.jsonl": {
        "openapi_v2.ParseDocument": "reads a schema as a step of another case",
        "serverSideDiff": LOST,
        "structuredMergeDiff": LOST,
    },
    "02-engine-kube.jsonl": {
        "GetDeploymentReplicas": ACCESSOR,
        "IsAPIService": "orders their discovery of aggregated APIs",
        "ToPrinter": "how kubectl prints",
    },
    "02-engine-sync.jsonl": {
        "GetLastForce": FAKE,
        "GetLastResourceCommand": FAKE,
        "GetLastValidate": FAKE,
        "GetName": ACCESSOR,
        "GetNamespace": ACCESSOR,
        "getDeleteOptions": ACCESSOR,
        "namespace": ACCESSOR,
    },
    "06-normalizers.jsonl": {"MarshalJSON": "writes the input of another case"},
    "06-sync-windows.jsonl": {
        "DeleteWindow": SETTER,
        "HasWindows": "asks whether a list is empty",
        "Update": "edits a window in place for a command that does not exist",
    },
    "06-util-argo.jsonl": {
        "FilterAppSetsByProjects": "a list of ApplicationSets",
        "FilterByNameP": "`app list` has no filter by name: `app get` takes one",
        "FilterByPath": "`app list` has no filter by path",
        "GenerateSpecIsDifferentErrorMessage": "the wording of their server",
        "GetAppProject": "reads a project from their fake of a cluster",
        "GetDrySource": "the source hydrator, which is no part of this",
        "GetSource": ACCESSOR,
        "GetSyncedRefSources": "the cache of their repository server",
        "List": "lists what their fake of a cluster was given",
        "NewAuditLogger": SETTER,
        "RefreshApp": "writes an annotation to their fake of a cluster; `app refresh` has tests of its own",
        "RemoveAppInstance": "tracking by label, which objects are not marked with here",
        "SetAppInstance": "tracking by label, which objects are not marked with here",
        "ValidateRepo": "asks their repository server",
    },
}
"""By file and function: none of these is run."""

CASES_LEFT_OUT: Mapping[str, str] = {
    "sync_context_test.go:TestManagedResourceAreNotNamed#name1": "only hooks are named; ordinary objects never are",
    "diff_test.go:TestRedactedSecretData#Diff1": "the recording lost both Secrets",
    "types_test.go:TestOptionalMapEquality": "tells apart a null and an empty map of a plugin's parameters, for their patches",
    **{
        f"applicationset_types_test.go:TestApplicationSetCalculateHealth/{name} returns unknown#CalculateHealth1": (
            "a set without a word is Progressing in 01-health, by which an application of sets goes"
        )
        for name in ("no conditions", "parameters generated only", "all conditions false")
    },
}
"""Of functions that are run: by case, or by their test."""


def is_left_out(file: str, case: Case) -> bool:
    test, _, _ = case["id"].partition("/")
    return case.get("fn", "") in LEFT_OUT.get(file, {}) or case["id"] in CASES_LEFT_OUT or test in CASES_LEFT_OUT


def forgotten() -> Iterator[str]:
    for file in FILES:
        for case in load(file):
            if (case["id"] in RUN) is is_left_out(file, case):
                yield f"{file}: {case.get('fn', '')}: {case['id']}"


def test_every_case_is_run_or_left_out_with_a_reason_and_never_both() -> None:
    assert list(forgotten()) == []


@pytest.mark.parametrize("file", sorted(LEFT_OUT))
def test_what_is_left_out_is_there(file: str) -> None:
    assert LEFT_OUT[file].keys() <= {case.get("fn") for case in load(file)}


def test_cases_that_are_left_out_are_there() -> None:
    known = {name for file in FILES for case in load(file) for name in (case["id"], case["id"].partition("/")[0])}
    assert known >= CASES_LEFT_OUT.keys()
