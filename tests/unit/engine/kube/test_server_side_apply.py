"""Server-side apply keeps who holds what; the expectations were recorded from a real server."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import managed_fields, server_side_apply
from holdfast.engine.kube.canonical import get_path
from holdfast.engine.kube.path_elements import fields
from holdfast.engine.kube.schema import SchemaNode
from holdfast.engine.kube.server_side_apply import ApplyConflict, FieldConflict, track_update
from holdfast.model.kube import KubeObject
from tests.unit.engine.kube.small_schemas import CONFIG_MAP, DEPLOYMENT, WIDGET, config_map, deployment

T1, T2, T3 = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"


def applied(
    live: KubeObject | None, config: KubeObject, manager: str, node: SchemaNode = CONFIG_MAP, *, force: bool = False
) -> KubeObject:
    return server_side_apply.apply(live, config, manager=manager, node=node, force=force, now=T1)


def held(obj: KubeObject) -> dict[str, dict[str, Any]]:
    return {entry.manager: entry.fields.to_fields_v1() for entry in managed_fields.entries_of(obj)}


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def test_the_first_apply_creates_the_object_and_its_entry() -> None:
    obj = applied(None, config_map({"a": "1"}), "one")
    assert obj == {
        **config_map({"a": "1"}),
        "metadata": {
            "name": "settings",
            "managedFields": [
                {
                    "manager": "one",
                    "operation": "Apply",
                    "apiVersion": "v1",
                    "time": T1,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:data": {"f:a": {}}},
                }
            ],
        },
    }


def test_the_same_apply_again_is_the_same_object_with_its_old_time() -> None:
    live = applied(None, deployment(replicas=2), "one", DEPLOYMENT)
    again = server_side_apply.apply(live, deployment(replicas=2), manager="one", node=DEPLOYMENT, force=False, now=T2)
    assert again is live


def test_another_value_conflicts_in_the_servers_words() -> None:
    live = applied(None, deployment(replicas=2), "a", DEPLOYMENT)
    with pytest.raises(ApplyConflict) as caught:
        applied(live, deployment(replicas=5), "b", DEPLOYMENT)
    assert caught.value.conflicts == (FieldConflict("a", "apps/v1", "Apply", ".spec.replicas"),)
    assert str(caught.value) == 'Apply failed with 1 conflict: conflict with "a": .spec.replicas'


def test_several_conflicts_are_listed_by_manager() -> None:
    live = applied(None, deployment(), "a", DEPLOYMENT)
    changed = {**live, "spec": {**live["spec"], "replicas": 2}}
    live = track_update(live, changed, manager="kubectl", node=DEPLOYMENT, now=T2, subresource="scale")
    config = deployment(replicas=3)
    config["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    config["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    with pytest.raises(ApplyConflict) as caught:
        applied(live, config, "b", DEPLOYMENT)
    assert str(caught.value) == (
        'Apply failed with 3 conflicts: conflicts with "a":\n'
        "- .spec.template.metadata.labels.app\n"
        '- .spec.template.spec.containers[name="app"].image\n'
        'conflicts with "kubectl" with subresource "scale" using apps/v1:\n'
        "- .spec.replicas"
    )


def test_force_takes_the_field_over() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "one")
    taken = applied(live, config_map({"a": "2"}), "two", force=True)
    assert taken["data"] == {"a": "2", "b": "1"}
    assert held(taken) == {"one": {"f:data": {"f:b": {}}}, "two": {"f:data": {"f:a": {}}}}


def test_equal_values_are_shared_and_stay_until_the_last_holder_lets_go() -> None:
    live = applied(None, config_map({"a": "1"}), "one")
    shared = applied(live, config_map({"a": "1"}), "two")
    assert held(shared) == {"one": {"f:data": {"f:a": {}}}, "two": {"f:data": {"f:a": {}}}}
    left = applied(shared, config_map(), "one")
    assert left["data"] == {"a": "1"}
    assert held(left) == {"two": {"f:data": {"f:a": {}}}}
    assert "data" not in applied(left, config_map(), "two")


def test_what_is_no_longer_applied_is_removed_and_what_others_set_stays() -> None:
    live = applied(None, config_map({"a": "1", "b": "1"}), "one")
    changed = {**live, "data": {**live["data"], "c": "1"}}
    live = track_update(live, changed, manager="editor", node=CONFIG_MAP, now=T2)
    after = applied(live, config_map({"a": "1"}), "one")
    assert after["data"] == {"a": "1", "c": "1"}


def test_an_item_goes_as_a_whole_when_its_applier_drops_it() -> None:
    two = deployment()
    two["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:1"})
    live = applied(None, two, "one", DEPLOYMENT)
    changed = deployment()
    changed["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:2"})
    live = track_update(live, {**changed, "metadata": live["metadata"]}, manager="editor", node=DEPLOYMENT, now=T2)
    after = applied(live, deployment(), "one", DEPLOYMENT)
    assert [item["name"] for item in after["spec"]["template"]["spec"]["containers"]] == ["app"]
    assert set(held(after)) == {"one"}


def test_a_key_with_a_default_need_not_be_given() -> None:
    live = applied(None, widget(size=1, ports=[{"name": "a", "protocol": "TCP", "port": 1}]), "one", WIDGET)
    after = applied(live, widget(size=1, ports=[{"name": "a", "port": 1}]), "two", WIDGET)
    assert after["spec"]["ports"] == [{"name": "a", "protocol": "TCP", "port": 1}]


@pytest.mark.parametrize(
    ("live", "config", "merged"),
    [
        ("abc", "xb", "axbc"),
        ("abc", "ca", "bca"),
        ("ab", "c", "abc"),
        ("abcd", "dxb", "acdxb"),
        ("a", "", "a"),
        ("", "ba", "ba"),
    ],
)
def test_items_are_ordered_as_applied_and_those_of_others_stay_between(live: str, config: str, merged: str) -> None:
    before = applied(None, widget(size=1, tags=list(live)), "one", WIDGET)
    after = applied(before, widget(size=1, tags=list(config)), "two", WIDGET)
    assert "".join(after["spec"]["tags"]) == merged


def test_atomic_values_are_taken_as_a_whole() -> None:
    live = applied(None, deployment(), "one", DEPLOYMENT)
    other = deployment(selector={"matchLabels": {"other": "x"}})
    with pytest.raises(ApplyConflict, match=r"\.spec\.selector$"):
        applied(live, other, "two", DEPLOYMENT)
    assert applied(live, other, "two", DEPLOYMENT, force=True)["spec"]["selector"] == {"matchLabels": {"other": "x"}}


def test_empty_optional_maps_of_built_in_kinds_change_nothing() -> None:
    config = config_map({"a": "1"}, labels={}, annotations={})
    live = applied(None, config, "one")
    assert "labels" not in live["metadata"]
    assert server_side_apply.apply(live, config, manager="one", node=CONFIG_MAP, force=False, now=T2) is live


def test_fields_that_a_write_cannot_touch_are_not_applied() -> None:
    config = {**widget(size=1), "status": {"ready": True}}
    live = server_side_apply.apply(
        None, config, manager="one", node=WIDGET, force=False, now=T1, reset_fields=server_side_apply.status_fields()
    )
    assert "status" not in live
    assert held(live) == {"one": {"f:spec": {"f:size": {}}}}
    after = server_side_apply.apply(
        live,
        {**widget(size=9), "status": {"ready": True}},
        manager="one",
        node=WIDGET,
        force=False,
        now=T2,
        subresource="status",
        reset_fields=server_side_apply.all_but_status(WIDGET, ("labels",)),
    )
    assert (after["spec"], after["status"]) == ({"size": 1}, {"ready": True})
    entries = managed_fields.entries_of(after)
    assert [(entry.subresource, entry.fields.to_fields_v1()) for entry in entries] == [
        ("", {"f:spec": {"f:size": {}}}),
        ("status", {"f:status": {"f:ready": {}}}),
    ]


def with_ports(*names: str) -> KubeObject:
    obj = deployment()
    obj["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "name": name} for name in names]
    return obj


def ports_of(tracked: KubeObject) -> dict[str, Any]:
    """What each manager holds of the ports."""
    path = ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"app"}', "f:ports")
    return {manager: get_path(tree, *path) for manager, tree in held(tracked).items()}


def test_items_that_share_their_keys_are_held_as_a_whole() -> None:
    key = 'k:{"containerPort":80,"protocol":"TCP"}'
    each: dict[str, Any] = {".": {}, "f:containerPort": {}, "f:name": {}}
    first = track_update(None, with_ports("a", "b"), manager="one", node=DEPLOYMENT, now=T1)
    assert ports_of(first) == {"one": {".": {}, key: {}}}
    same = track_update(first, with_ports("a", "b"), manager="two", node=DEPLOYMENT, now=T2)
    assert ports_of(same) == ports_of(first)
    other = track_update(first, with_ports("a", "c"), manager="two", node=DEPLOYMENT, now=T2)
    assert ports_of(other)["two"] == {key: {}}
    alone = track_update(first, with_ports("a"), manager="two", node=DEPLOYMENT, now=T2)
    assert ports_of(alone) == {"one": {}, "two": {key: each}}
    again = track_update(alone, with_ports("a", "a"), manager="three", node=DEPLOYMENT, now=T2)
    assert ports_of(again)["three"] == {key: {}}


def test_an_object_that_is_not_tracked_was_there_before_the_first_apply() -> None:
    live = config_map({"a": "1", "b": "1"}, labels={"x": "y"})
    after = applied(live, config_map({"a": "2"}), "one", force=True)
    assert held(after) == {
        "before-first-apply": {"f:data": {".": {}, "f:b": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}},
        "one": {"f:data": {"f:a": {}}},
    }


def test_a_create_tracks_all_that_was_written() -> None:
    obj = deployment(replicas=1, strategy={"rollingUpdate": {"maxSurge": 1}})
    obj["spec"]["template"]["spec"]["containers"][0]["resources"] = {}
    tracked = track_update(None, obj, manager="kubectl", node=DEPLOYMENT, now=T1)
    assert tracked["metadata"]["managedFields"] == [
        {
            "manager": "kubectl",
            "operation": "Update",
            "apiVersion": "apps/v1",
            "time": T1,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:spec": {
                    "f:replicas": {},
                    "f:selector": {},
                    "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}},
                    "f:template": {
                        "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                        "f:spec": {
                            ".": {},
                            "f:containers": {
                                ".": {},
                                'k:{"name":"app"}': {".": {}, "f:image": {}, "f:name": {}, "f:resources": {}},
                            },
                        },
                    },
                }
            },
        }
    ]


def test_an_update_takes_what_it_changes_from_the_others() -> None:
    live = applied(None, config_map({"a": "1", "b": "1", "c": "1"}), "one")
    after = track_update(live, {**live, "data": {"a": "2", "b": "1", "d": "1"}}, manager="e", node=CONFIG_MAP, now=T2)
    assert held(after) == {"one": {"f:data": {"f:b": {}}}, "e": {"f:data": {"f:a": {}, "f:d": {}}}}


def test_an_update_that_changes_nothing_leaves_the_entries_as_they_are() -> None:
    live = track_update(None, config_map({"a": "1"}), manager="one", node=CONFIG_MAP, now=T1)
    assert track_update(live, config_map({"a": "1"}), manager="two", node=CONFIG_MAP, now=T2) == live


def test_an_entry_that_loses_all_it_held_vanishes() -> None:
    live = track_update(None, config_map({"a": "1"}), manager="one", node=CONFIG_MAP, now=T1)
    assert held(track_update(live, config_map(), manager="two", node=CONFIG_MAP, now=T2)) == {}


def test_a_value_of_another_kind_is_tracked_with_all_below_it() -> None:
    live = track_update(None, widget(size=1, free={"x": "s"}), manager="one", node=WIDGET, now=T1)
    after = track_update(live, widget(size=1, free={"x": {"y": 1}}), manager="two", node=WIDGET, now=T2)
    assert held(after)["two"] == {"f:spec": {"f:free": {"f:x": {".": {}, "f:y": {}}}}}


def test_an_untracked_object_stays_so_on_updates() -> None:
    reset = {**config_map({"a": "1"}), "metadata": {"name": "settings", "managedFields": [{}]}}
    live = track_update(config_map({"a": "1"}), reset, manager="one", node=CONFIG_MAP, now=T1)
    assert "managedFields" not in live["metadata"]
    changed = track_update(live, config_map({"a": "2"}), manager="one", node=CONFIG_MAP, now=T2)
    assert "managedFields" not in changed["metadata"]


def test_entries_that_cannot_be_read_are_those_of_the_live_object() -> None:
    live = track_update(None, config_map({"a": "1"}), manager="one", node=CONFIG_MAP, now=T1)
    sent = {**config_map({"a": "1"}), "metadata": {"name": "settings", "managedFields": [{"operation": "Frob"}]}}
    assert track_update(live, sent, manager="two", node=CONFIG_MAP, now=T2) == live


def test_an_object_whose_items_cannot_be_told_apart_keeps_its_entries() -> None:
    live = track_update(None, widget(size=1), manager="one", node=WIDGET, now=T1)
    after = track_update(live, widget(size=2, ports=[{"port": 1}]), manager="two", node=WIDGET, now=T2)
    assert held(after) == held(live)


def test_old_updates_become_one_entry() -> None:
    live = track_update(None, config_map({"k0": "1"}), manager="m0", node=CONFIG_MAP, now="2026-01-01T00:00:00Z")
    for number in range(1, 15):
        changed = {**live, "data": {**live["data"], f"k{number}": "1"}}
        now = f"2026-01-01T00:00:{number:02}Z"
        live = track_update(live, changed, manager=f"m{number}", node=CONFIG_MAP, now=now)
    entries = managed_fields.entries_of(live)
    assert [entry.manager for entry in entries] == ["ancient-changes", *(f"m{number}" for number in range(6, 15))]
    assert list(entries[0].fields.to_fields_v1()["f:data"]) == [".", "f:k0", "f:k1", "f:k2", "f:k3", "f:k4", "f:k5"]
    assert entries[0].time == "2026-01-01T00:00:05Z"


def test_owners_of_a_path_are_found_the_latest_first() -> None:
    live = applied(None, config_map({"a": "1"}), "one")
    live = track_update(live, {**live, "data": {"a": "1", "b": "1"}}, manager="two", node=CONFIG_MAP, now=T3)
    assert [entry.manager for entry in managed_fields.owners_of(live, fields("data"))] == ["two", "one"]
    assert [entry.manager for entry in managed_fields.owners_of(live, fields("data", "a"))] == ["one"]
    assert managed_fields.owners_of(live, fields("metadata", "labels")) == ()
