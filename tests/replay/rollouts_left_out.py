"""Recorded cases about Rollouts, analyses and routers that are not run, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.replay.cases import Case, load

READER = "of the other program's YAML reader"
CLIENT = "of the other program's client, whose objects were not recorded"
MAKING = "of the other program's construction"
ERROR_ALONE = "only the absence of an error was recorded, of a fake of theirs"
INGRESSES = "of the other program's reader of two API versions"
ROUTER_NAME = "of the other program's names for routers"
REFUSED = "this router does nothing there; ours refuses a step that nothing would do"
APP_MESH = "App Mesh has ended"

LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "07-analysis-assess.jsonl": {
        "garbageCollectMeasurements": ERROR_ALONE,
        "maybeGarbageCollectAnalysisRun": ERROR_ALONE,
    },
    "07-analysis-utils.jsonl": {
        "CreateWithCollisionCounter": "runs have names of their step here, and one that is there is the one that was meant",
        "NewAnalysisRunFromTemplates": "names of a run by their programming interface",
        "PrePromotionLabels": "with the instance id of a controller, which ours has none of",
    },
    "07-canary-replicas.jsonl": {"GetOtherRSs": "a filter of lists that ours does not need"},
    "07-evaluate.jsonl": {"asInt": "a function of Go's expressions alone; ours are tested in `engine/lang/expr`"},
    "07-istio-calls.jsonl": {
        "Get": "reads from the other program's client what a call before has written: checked there",
        "unstructuredToDestinationRules": "of the other program's reader",
        "k8serrors.IsNotFound": "asks for the kind of an error that is judged by itself",
        "istioutil.MultipleVirtualServiceConfigured": "whether one or several are given: ours treats both as a list",
    },
    "07-replicaset-other.jsonl": {
        "HasInjectedAntiAffinityRule": "the recorded test changes the object between its calls, and its last state was recorded",
    },
    "07-traffic-alb.jsonl": {
        "NewReconciler": MAKING,
        "ingressutil.NewIngressWrapper": INGRESSES,
        "k8serrors.IsNotFound": CLIENT,
    },
    "07-traffic-apisix.jsonl": {
        "Decode": READER,
        "unstructured.NestedInt64": "checked where the route is made; ours is one above the rule that it copies",
    },
    "07-traffic-nginx.jsonl": {"ingressutil.NewIngressWrapper": INGRESSES},
    "07-traffic-smi.jsonl": {
        "NewReconciler": MAKING,
        "RemoveManagedRoutes": REFUSED,
        "SetMirrorRoute": REFUSED,
        "Type": ROUTER_NAME,
        "k8serrors.IsServerTimeout": CLIENT,
    },
    "07-traffic-traefik.jsonl": {
        "Decode": READER,
        "RemoveManagedRoutes": REFUSED,
        "SetMirrorRoute": REFUSED,
        "Type": ROUTER_NAME,
        "getService": "reads what SetWeight wrote: checked there",
        "unstructured.NestedInt64": "reads what SetWeight wrote: checked there",
    },
    "07-validation.jsonl": {
        "Decode": READER,
        "GetAnalysisTemplateWithTypeFieldPath": "of the other program's names for fields",
        "ValidateAppMeshResource": APP_MESH,
        "ValidateRolloutReferencedResources": APP_MESH,
    },
}
"""By file and function: none of these is run."""

CASES_LEFT_OUT: Mapping[str, str] = {
    "analysis_test.go:TestSecretContentReferenceAndMultipleArgResolutionSuccess#reconcileAnalysisRun1": (
        "the Secret was not recorded"
    ),
    "canary_test.go:TestGetCurrentSetWeight#GetCurrentSetWeight2": "the recorded object is a later one",
    "defaults_test.go:TestGetMaxSurgeOrDefault#GetMaxSurgeOrDefault2": (
        "a percentage of a Rollout that has no replicas; how many pods it is, is asked of `MaxSurge`"
    ),
    "factory_test.go:Test_extractValueFromRollout/should fail returning a label using accessor notation"
    "#extractValueFromRollout1": "the notation that their documentation has for labels; it is read here",
    "istio_test.go:TestRemoveManagedRoutesVirtualServiceNotFound#RemoveManagedRoutes1": (
        "ours writes weights and routes in one go, so an absent VirtualService is always told"
    ),
    "istio_test.go:TestRemoveManagedRoutesWithHeaderRoutesAndNoManagedRoutes#RemoveManagedRoutes1": (
        "its route has no canary, and so no weights: ours tells that first"
    ),
    "replicaset_test.go:TestRevision#Revision2": "of no object at all",
    "smi_test.go:TestReconcileGetTrafficSplitError#SetWeight1": CLIENT,
    "validation_references_test.go:TestValidateAmbassadorMapping/will return error if base mapping defines weight"
    "#ValidateAmbassadorMapping1": "the mapping was not recorded",
    **{
        f"nginx_test.go:{test}/{which}#SetWeight1": CLIENT
        for test in (
            "TestReconcileCanaryCreateErrorAlreadyExistsPatch",
            "TestReconcileStableAndCanaryIngressFoundPatch",
        )
        for which in ("singleIngress", "multiIngress")
    },
    **{
        f"traefik_test.go:TestSetWeight/{test}#SetWeight1": CLIENT
        for test in ("SetWeightWithError", "TraefikUpdateError")
    },
    **{
        f"apisix_test.go:{test}": CLIENT
        for test in (
            "TestRemoveManagedRoutes/RemoveManagedRoutesError#RemoveManagedRoutes1",
            "TestSetHeaderRoute/RemoveManagedRoutesDeleteError#RemoveManagedRoutes1",
            "TestSetHeaderRoute/RemoveManagedRoutesNilManagedRoutes#RemoveManagedRoutes1",
            "TestSetHeaderRoute/SetHeaderCreateError#SetHeaderRoute1",
            "TestSetHeaderRoute/SetHeaderDeleteError#SetHeaderRoute1",
            "TestSetHeaderRoute/SetHeaderGetManagedRouteError#SetHeaderRoute1",
            "TestSetHeaderRoute/SetHeaderGetRouteError#SetHeaderRoute1",
            "TestSetHeaderRoute/SetHeaderUpdateError#SetHeaderRoute1",
        )
    },
}
"""Of functions that are run: by case."""


def is_left_out(file: str, case: Case) -> bool:
    return case.get("fn", "") in LEFT_OUT.get(file, {}) or case["id"] in CASES_LEFT_OUT


def to_run(file: str, *functions: str) -> list[Case]:
    """Of these functions, or of all."""
    found = [case for case in load(file) if not is_left_out(file, case)]
    return [case for case in found if not functions or case.get("fn", "") in functions]
