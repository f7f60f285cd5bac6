"""Creating, replacing, patching and applying objects."""

from __future__ import annotations

from typing import Any

import pytest

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
STRATEGIC = "application/strategic-merge-patch+json"


def config_map(name: str, **data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "nginx"}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


async def test_a_created_object_has_the_metadata_of_a_new_one(cluster: Any) -> None:
    async with cluster() as api:
        answer = await api.post(CONFIG_MAPS, config_map("one", k="v"))
        assert answer.status == 201
        metadata = answer.body["metadata"]
        assert metadata["namespace"] == "default"
        assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
        assert int(metadata["resourceVersion"]) > 1
        assert "generation" not in metadata
        assert metadata["managedFields"][0]["manager"] == "test"
        assert (await api.get(f"{CONFIG_MAPS}/one")).body == answer.body


async def test_a_deployment_gets_the_servers_defaults(cluster: Any) -> None:
    async with cluster() as api:
        spec = (await api.post(DEPLOYMENTS, deployment("web"))).body["spec"]
        assert spec["replicas"] == 1
        assert spec["strategy"] == {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
        }
        assert spec["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"
        assert spec["template"]["spec"]["dnsPolicy"] == "ClusterFirst"


async def test_generation_counts_changes_of_the_spec_alone(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEPLOYMENTS, deployment("web"))
        assert (await api.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}})).body["metadata"]["generation"] == 2
        assert (await api.patch(f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"x": "y"}}})).body["metadata"][
            "generation"
        ] == 2
        status = await api.patch(f"{DEPLOYMENTS}/web/status", {"status": {"replicas": 3}})
        assert status.body["metadata"]["generation"] == 2


async def test_a_change_that_changes_nothing_is_no_write(cluster: Any) -> None:
    async with cluster() as api:
        first = await api.post(CONFIG_MAPS, config_map("one", k="v"))
        for answer in (
            await api.patch(f"{CONFIG_MAPS}/one", {"data": {"k": "v"}}),
            await api.put(f"{CONFIG_MAPS}/one", config_map("one", k="v")),
        ):
            assert answer.status == 200
            assert answer.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]


async def test_a_stale_resource_version_is_a_conflict(cluster: Any) -> None:
    async with cluster() as api:
        old = (await api.post(CONFIG_MAPS, config_map("one", k="v"))).body
        await api.patch(f"{CONFIG_MAPS}/one", {"data": {"k": "w"}})
        answer = await api.put(f"{CONFIG_MAPS}/one", old)
        assert (answer.status, answer.body["reason"]) == (409, "Conflict")
        assert answer.body["details"] == {"name": "one", "kind": "configmaps"}


@pytest.mark.parametrize(
    ("content_type", "patch", "replicas"),
    [
        ("application/merge-patch+json", {"spec": {"replicas": 2}}, 2),
        (STRATEGIC, {"spec": {"replicas": 3}}, 3),
        ("application/json-patch+json", [{"op": "replace", "path": "/spec/replicas", "value": 4}], 4),
    ],
)
async def test_each_kind_of_patch_changes_the_object(
    cluster: Any, content_type: str, patch: Any, replicas: int
) -> None:
    async with cluster() as api:
        await api.post(DEPLOYMENTS, deployment("web"))
        answer = await api.patch(f"{DEPLOYMENTS}/web", patch, content_type)
        assert (answer.status, answer.body["spec"]["replicas"]) == (200, replicas)


async def test_a_strategic_patch_merges_containers_by_name(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEPLOYMENTS, deployment("web"))
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "envoy:1"}]}}}}
        answer = await api.patch(f"{DEPLOYMENTS}/web", patch, STRATEGIC)
        names = [container["name"] for container in answer.body["spec"]["template"]["spec"]["containers"]]
        assert sorted(names) == ["c", "side"]


async def test_an_apply_creates_then_changes_and_then_leaves_alone(cluster: Any) -> None:
    async with cluster() as api:
        created = await api.apply(f"{DEPLOYMENTS}/web", deployment("web", replicas=2))
        assert created.status == 201
        again = await api.apply(f"{DEPLOYMENTS}/web", deployment("web", replicas=2))
        assert again.body["metadata"]["resourceVersion"] == created.body["metadata"]["resourceVersion"]
        changed = await api.apply(f"{DEPLOYMENTS}/web", deployment("web", replicas=5))
        assert (changed.status, changed.body["spec"]["replicas"]) == (200, 5)


async def test_an_apply_of_anothers_field_is_a_conflict_until_forced(cluster: Any) -> None:
    async with cluster() as api:
        await api.apply(f"{DEPLOYMENTS}/web", deployment("web", replicas=2), "a")
        refused = await api.apply(f"{DEPLOYMENTS}/web", deployment("web", replicas=5), "b")
        assert refused.status == 409
        assert refused.body["message"] == 'Apply failed with 1 conflict: conflict with "a": .spec.replicas'
        assert refused.body["details"]["causes"][0]["field"] == ".spec.replicas"
        forced = await api.apply(f"{DEPLOYMENTS}/web?force=true", deployment("web", replicas=5), "b")
        assert forced.body["spec"]["replicas"] == 5


async def test_an_apply_removes_what_its_manager_leaves_out(cluster: Any) -> None:
    async with cluster() as api:
        await api.apply(f"{CONFIG_MAPS}/one", config_map("one", a="1", b="2"))
        assert (await api.apply(f"{CONFIG_MAPS}/one", config_map("one", a="1"))).body["data"] == {"a": "1"}


async def test_an_apply_may_be_yaml(cluster: Any) -> None:
    async with cluster() as api:
        text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  a: b\n"
        assert (await api.apply(f"{CONFIG_MAPS}/one", text)).body["data"] == {"a": "b"}


async def test_an_apply_needs_a_manager(cluster: Any) -> None:
    async with cluster() as api:
        answer = await api.patch(f"{CONFIG_MAPS}/one", config_map("one"), "application/apply-patch+yaml")
        assert (answer.status, answer.body["details"]["causes"][0]["field"]) == (422, "fieldManager")


async def test_a_dry_run_answers_and_keeps_nothing(cluster: Any) -> None:
    async with cluster() as api:
        answer = await api.post(f"{CONFIG_MAPS}?dryRun=All", config_map("one"))
        assert (answer.status, "resourceVersion" in answer.body["metadata"]) == (201, False)
        assert (await api.get(f"{CONFIG_MAPS}/one")).status == 404
        await api.post(CONFIG_MAPS, config_map("two", a="b"))
        assert (await api.delete(f"{CONFIG_MAPS}/two?dryRun=All")).status == 200
        assert (await api.patch(f"{CONFIG_MAPS}/two?dryRun=All", {"data": {"a": "c"}})).body["data"] == {"a": "c"}
        assert (await api.get(f"{CONFIG_MAPS}/two")).body["data"] == {"a": "b"}


async def test_status_and_spec_are_written_by_their_own_paths(cluster: Any) -> None:
    async with cluster() as api:
        sent = {**deployment("web"), "status": {"replicas": 9}}
        assert (await api.post(DEPLOYMENTS, sent)).body["status"] == {}
        assert (await api.patch(f"{DEPLOYMENTS}/web", {"status": {"replicas": 9}})).body["status"] == {}
        both = {"spec": {"replicas": 7}, "status": {"replicas": 1}}
        answer = await api.patch(f"{DEPLOYMENTS}/web/status", both)
        assert (answer.body["spec"]["replicas"], answer.body["status"]) == (1, {"replicas": 1})


async def test_unknown_and_duplicate_fields_are_warned_of_or_refused(cluster: Any) -> None:
    async with cluster() as api:
        warned = await api.post(DEPLOYMENTS, deployment("web", nope=1))
        assert warned.headers["warning"] == '299 - "unknown field \\"spec.nope\\""'
        assert "nope" not in warned.body["spec"]
        strict = await api.post(f"{DEPLOYMENTS}?fieldValidation=Strict", deployment("web2", nope=1))
        assert strict.status == 400
        assert 'strict decoding error: unknown field "spec.nope"' in strict.body["message"]
        ignored = await api.post(f"{DEPLOYMENTS}?fieldValidation=Ignore", deployment("web3", nope=1))
        assert "warning" not in ignored.headers
        twice = b'{"metadata":{"name":"dup"},"data":{"a":"1","a":"2"}}'
        refused = await api.request("POST", f"{CONFIG_MAPS}?fieldValidation=Strict", twice)
        assert 'duplicate field "data.a"' in refused.body["message"]


async def test_generate_name_makes_a_name(cluster: Any) -> None:
    async with cluster() as api:
        names = {
            (await api.post(CONFIG_MAPS, {"metadata": {"generateName": "gen-"}})).body["metadata"]["name"]
            for _ in range(5)
        }
        assert len(names) == 5
        assert all(name.startswith("gen-") and len(name) == 9 for name in names)


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (CONFIG_MAPS, b"{nope", 400, "must be of type ConfigMap"),
        (CONFIG_MAPS, b"", 400, "unexpected end of JSON input"),
        (CONFIG_MAPS, {"metadata": {"name": "Bad_Name"}}, 422, "a lowercase RFC 1123 subdomain"),
        (CONFIG_MAPS, {"metadata": {}}, 422, "name or generateName is required"),
        (CONFIG_MAPS, {"metadata": {"name": "n", "namespace": "other"}}, 400, "does not match the namespace"),
        (CONFIG_MAPS, {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "n"}}, 400, "cannot be handled as"),
        (CONFIG_MAPS, config_map("n", a=1), 400, "cannot unmarshal number into Go struct field ConfigMap.data"),
        (DEPLOYMENTS, deployment("n", replicas="three"), 400, "DeploymentSpec.spec.replicas of type int32"),
        (DEPLOYMENTS, deployment("n", selector={"matchLabels": {"x": "y"}}), 422, "does not match template `labels`"),
        (DEPLOYMENTS, {"metadata": {"name": "n"}, "spec": {}}, 422, "spec.selector: Required value"),
        ("/api/v1/namespaces/absent/configmaps", config_map("n"), 404, 'namespaces "absent" not found'),
        ("/api/v1/namespaces/default/services", {"metadata": {"name": "s"}, "spec": {}}, 422, "spec.ports: Required"),
        ("/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": {}}, 422, "spec.containers: Required"),
        ("/nowhere", {}, 404, ""),
        ("/api/v1/namespaces/default/nonsenses", {}, 404, "could not find the requested resource"),
    ],
)
async def test_what_is_wrong_is_refused_in_the_servers_words(
    cluster: Any, path: str, body: Any, status: int, message: str
) -> None:
    async with cluster() as api:
        answer = await api.post(path, body)
        assert answer.status == status
        if message:
            assert message in answer.body["message"]
            assert answer.body["code"] == status


@pytest.mark.parametrize(
    ("plural", "obj", "patch", "field"),
    [
        ("secrets", {"type": "Opaque"}, {"type": "kubernetes.io/other"}, "type"),
        ("configmaps", {"immutable": True, "data": {"a": "b"}}, {"data": {"a": "c"}}, "data"),
        ("services", {"spec": {"ports": [{"port": 80}]}}, {"spec": {"clusterIP": "None"}}, "spec.clusterIPs[0]"),
        (
            "pods",
            {"spec": {"containers": [{"name": "c", "image": "x"}]}},
            {"spec": {"hostNetwork": True}},
            "spec",
        ),
    ],
)
async def test_what_may_not_change_does_not(cluster: Any, plural: str, obj: Any, patch: Any, field: str) -> None:
    async with cluster() as api:
        path = f"/api/v1/namespaces/default/{plural}"
        assert (await api.post(path, {"metadata": {"name": "one"}, **obj})).status == 201
        answer = await api.patch(f"{path}/one", patch)
        assert (answer.status, answer.body["details"]["causes"][0]["field"]) == (422, field)


async def test_a_deployments_selector_is_immutable(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEPLOYMENTS, deployment("web"))
        labels = {"a": "c"}
        patch = {"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}}
        answer = await api.patch(f"{DEPLOYMENTS}/web", patch)
        assert answer.body["message"] == (
            'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable'
        )


async def test_scale_shows_and_sets_the_replicas(cluster: Any) -> None:
    async with cluster() as api:
        await api.post(DEPLOYMENTS, deployment("web"))
        scale = await api.get(f"{DEPLOYMENTS}/web/scale")
        assert (scale.body["kind"], scale.body["spec"]) == ("Scale", {"replicas": 1})
        assert scale.body["status"] == {"replicas": 0, "selector": "a=b"}
        assert (await api.patch(f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 3}})).status == 200
        live = (await api.get(f"{DEPLOYMENTS}/web")).body
        assert (live["spec"]["replicas"], live["metadata"]["generation"]) == (3, 2)
        assert {entry.get("subresource") for entry in live["metadata"]["managedFields"]} == {None, "scale"}
        assert (await api.put(f"{DEPLOYMENTS}/web/scale", {**scale.body, "spec": {"replicas": 9}})).status == 409


async def test_services_get_addresses_of_their_own_and_keep_them(cluster: Any) -> None:
    async with cluster() as api:
        path = "/api/v1/namespaces/default/services"
        first = (await api.post(path, {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}})).body["spec"]
        second = (await api.post(path, {"metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}]}})).body["spec"]
        assert first["clusterIP"] != second["clusterIP"]
        assert first["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
        replaced = await api.put(f"{path}/a", {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 81}]}})
        assert replaced.body["spec"]["clusterIP"] == first["clusterIP"]
        taken = {"metadata": {"name": "c"}, "spec": {"clusterIP": first["clusterIP"], "ports": [{"port": 80}]}}
        assert (await api.post(path, taken)).status == 422
        headless = {"metadata": {"name": "h"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
        assert (await api.post(path, headless)).body["spec"]["clusterIPs"] == ["None"]


async def test_string_data_becomes_data(cluster: Any) -> None:
    async with cluster() as api:
        secret = {"metadata": {"name": "s"}, "stringData": {"a": "b"}}
        answer = await api.post("/api/v1/namespaces/default/secrets", secret)
        assert (answer.body["data"], "stringData" in answer.body, answer.body["type"]) == (
            {"a": "Yg=="},
            False,
            "Opaque",
        )


async def test_a_pod_is_bound_once(cluster: Any) -> None:
    async with cluster() as api:
        pods = "/api/v1/namespaces/default/pods"
        await api.post(pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "x"}]}})
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"name": "node-1"}}
        assert (await api.post(f"{pods}/p/binding", binding)).status == 201
        pod = (await api.get(f"{pods}/p")).body
        assert pod["spec"]["nodeName"] == "node-1"
        assert pod["status"]["conditions"][0]["type"] == "PodScheduled"
        assert (await api.post(f"{pods}/p/binding", binding)).status == 409
