"""Discovery, OpenAPI, health, tables and the other forms of answers."""

from __future__ import annotations

from typing import Any

import pytest

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
async def test_the_server_says_that_it_is_well(cluster: Any, path: str) -> None:
    async with cluster() as api:
        assert (await api.get(path)).raw == b"ok"


async def test_the_version_is_that_of_the_kinds(cluster: Any, builtin: Any) -> None:
    async with cluster() as api:
        assert (await api.get("/version")).body["gitVersion"] == builtin.kubernetes_version


async def test_discovery_by_group_and_version(cluster: Any) -> None:
    async with cluster() as api:
        assert (await api.get("/api")).body["versions"] == ["v1"]
        groups = {group["name"]: group for group in (await api.get("/apis")).body["groups"]}
        assert groups["autoscaling"]["preferredVersion"]["version"] == "v2"
        resources = {each["name"]: each for each in (await api.get("/apis/apps/v1")).body["resources"]}
        assert resources["deployments"]["shortNames"] == ["deploy"]
        assert resources["deployments/scale"]["kind"] == "Scale"
        assert (await api.get("/apis/nope.example.com")).status == 404


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
async def test_aggregated_discovery(cluster: Any, version: str) -> None:
    async with cluster() as api:
        answer = await api.get("/apis", accept=AGGREGATED.format(version))
        assert f"v={version}" in answer.headers["content-type"]
        apps = next(group for group in answer.body["items"] if group["metadata"]["name"] == "apps")
        deployment = next(each for each in apps["versions"][0]["resources"] if each["resource"] == "deployments")
        assert deployment["scope"] == "Namespaced"
        core = (await api.get("/api", accept=AGGREGATED.format(version))).body["items"]
        assert [group["metadata"] for group in core] == [{}]


async def test_open_api_documents_hold_what_they_refer_to(cluster: Any) -> None:
    async with cluster() as api:
        index = (await api.get("/openapi/v3")).body["paths"]
        assert {"api/v1", "apis/apps/v1"} <= index.keys()
        document = (await api.get("/openapi/v3/apis/apps/v1")).body
        schemas = document["components"]["schemas"]
        text = str(document)
        for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
            assert name in schemas
        patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
        assert {"fieldValidation", "dryRun"} <= {parameter["name"] for parameter in patch["parameters"]}
        assert (await api.get("/openapi/v2")).status == 404


async def test_a_table_has_the_cells_that_people_know(cluster: Any) -> None:
    async with cluster() as api:
        container = {"name": "c", "image": "nginx"}
        pods = "/api/v1/namespaces/default/pods"
        await api.post(pods, {"metadata": {"name": "p"}, "spec": {"containers": [container]}})
        table = (await api.get(pods, accept=TABLE)).body
        assert table["kind"] == "Table"
        assert table["rows"][0]["cells"][:5] == ["p", "0/1", "Pending", "0", "0s"]
        assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
        bare = (await api.get(f"{pods}?includeObject=None", accept=TABLE)).body
        assert "object" not in bare["rows"][0]


async def test_every_kind_has_a_table_whose_rows_fit_its_columns(cluster: Any, builtin: Any) -> None:
    from holdfast.sandbox.tables.table import CELLS

    columns = {(kind.group, kind.kind): len(kind.table_columns) for kind in builtin.resources if kind.preferred}
    async with cluster() as api:
        now = api.sandbox._clock.now()
        for (group, kind), cells in CELLS.items():
            obj = {"kind": kind, "apiVersion": "v1", "metadata": {"name": "n"}}
            assert len(cells(obj, now)) == columns[group, kind], kind


async def test_metadata_alone(cluster: Any) -> None:
    async with cluster() as api:
        one = (await api.get("/api/v1/namespaces/default", accept=PARTIAL)).body
        assert (one["kind"], one.keys()) == ("PartialObjectMetadata", {"kind", "apiVersion", "metadata"})
        many = (await api.get("/api/v1/namespaces", accept=PARTIAL.replace("Metadata;", "MetadataList;"))).body
        assert many["kind"] == "PartialObjectMetadataList"


async def test_answers_in_yaml_and_in_nothing_else(cluster: Any) -> None:
    async with cluster() as api:
        assert (await api.get("/api/v1/namespaces/default", accept="application/yaml")).raw.startswith(
            b"apiVersion: v1\n"
        )
        assert (await api.get("/api/v1/namespaces/default", accept="text/html")).status == 406


async def test_questions_about_oneself(cluster: Any) -> None:
    async with cluster() as api:
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        asked = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}}
        assert (await api.post(path, asked)).body["status"] == {"allowed": True}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = await api.post(path, {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"})
        assert answer.body["status"]["userInfo"]["groups"][0] == "system:masters"


async def test_an_autoscaler_is_shown_in_both_versions(cluster: Any) -> None:
    async with cluster() as api:
        v1, v2 = (f"/apis/autoscaling/{v}/namespaces/default/horizontalpodautoscalers" for v in ("v1", "v2"))
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        spec = {"maxReplicas": 3, "scaleTargetRef": target, "targetCPUUtilizationPercentage": 70}
        assert (await api.post(v1, {"metadata": {"name": "h"}, "spec": spec})).status == 201
        new = (await api.get(f"{v2}/h")).body
        assert (new["apiVersion"], new["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]) == (
            "autoscaling/v2",
            70,
        )
        old = (await api.get(f"{v1}/h")).body["spec"]
        assert (old["targetCPUUtilizationPercentage"], "metrics" in old) == (70, False)


async def test_events_of_both_groups_are_the_same_objects(cluster: Any) -> None:
    async with cluster() as api:
        event = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "namespace": "default"}, "message": "m"}
        await api.post("/api/v1/namespaces/default/events", event)
        shown = (await api.get("/apis/events.k8s.io/v1/namespaces/default/events/e")).body
        assert (shown["note"], shown["regarding"]["kind"]) == ("m", "Pod")
