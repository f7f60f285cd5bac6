"""Which application waits for which."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.gates import dependencies
from holdfast.model.application import Application
from holdfast.model.keys import NamespacedName
from holdfast.testing.builders import application_object


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (None, []),
        (" , ", []),
        ("db, cache,db", ["argocd/db", "argocd/cache"]),
        ("other/db,/", ["other/db"]),
    ],
)
def test_names_stand_in_the_same_namespace_unless_they_say_another(value: str | None, names: list[str]) -> None:
    assert [str(name) for name in dependencies.parse(value, "argocd")] == names


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({"a": "b", "b": "c"}, ""),
        ({"a": "a"}, "aa"),
        ({"a": "bc", "b": "d", "c": "a", "d": "a"}, "aca"),
        ({"a": "b", "b": "c", "c": "b"}, ""),
        ({"a": "b", "b": "c", "c": "bd", "d": "a"}, "abcda"),
    ],
)
def test_a_shortest_circle_through_the_application_is_found(edges: dict[str, str], circle: str) -> None:
    def following(name: NamespacedName) -> list[NamespacedName]:
        return [NamespacedName("argocd", letter) for letter in edges.get(name.name, "")]

    found = dependencies.cycle(NamespacedName("argocd", "a"), following)
    assert "".join(name.name for name in found) == circle


def other(**status: Any) -> Application:
    body = application_object("db")
    ready = {
        "sync": {"status": "Synced", "revision": "c0ffee", "comparedTo": {"source": body["spec"]["source"]}},
        "health": {"status": "Healthy"},
    }
    return msgspec.convert({**body, "status": {**ready, **status}}, Application)


@pytest.mark.parametrize(
    ("app", "wanted", "why"),
    [
        (None, "", "does not exist"),
        (other(), "", ""),
        (other(), "c0ffee", ""),
        (other(), "decaf", "is at c0ffee, not yet at decaf"),
        (other(sync={"status": "Synced", "revision": "c0ffee"}), "", "has not been compared with its source yet"),
        (other(health={"status": "Degraded"}), "", "is Degraded"),
        (other(health={}), "", "is of unknown health"),
        (other(operationState={"phase": "Running"}), "", "is being synced"),
        (other(operationState={"phase": "Failed"}), "", ""),
    ],
)
def test_what_an_application_lacks_before_others_go_on(app: Application | None, wanted: str, why: str) -> None:
    assert dependencies.lack(app, wanted) == why
