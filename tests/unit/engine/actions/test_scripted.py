"""What the action scripts of argocd-cm answer: offers, changed objects, operations; and the types they had before."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.actions.restoring import restored
from holdfast.engine.actions.scripted import defined, discovered, impacts, merged
from holdfast.model.actions import Action, ActionParameter, Impact, Operation
from holdfast.model.errors import Blocked
from holdfast.model.scripts import Script, ScriptedAction, ScriptedActions

SCRIPT = Script("the.key", "")
THING = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"empty": {}, "list": []}}


def test_offers_come_with_their_fields() -> None:
    answer = {
        "poke": {
            "disabled": True,
            "iconClass": "fa",
            "displayName": "Poke it",
            "params": [{"name": "n", "default": "1"}],
        },
        "hide": [],
        "calm": {"disabled": False},
    }
    assert discovered(answer, SCRIPT) == [
        Action("calm"),
        Action("hide"),
        Action("poke", disabled=True, icon_class="fa", display_name="Poke it", params=(ActionParameter("n", "1"),)),
    ]
    assert discovered([], SCRIPT) == []
    assert discovered(None, SCRIPT) == []


def test_custom_offers_win_over_ours() -> None:
    ours = [Action("restart"), Action("scale")]
    assert merged([Action("restart", disabled=True), Action("poke")], ours) == [
        Action("restart", disabled=True),
        Action("scale"),
        Action("poke"),
    ]
    actions = ScriptedActions(None, (ScriptedAction("poke", SCRIPT),))
    assert defined(actions) == [Action("poke")]


def test_a_changed_object_is_a_patch() -> None:
    answer = {**THING, "spec": {"empty": [], "list": [], "new": []}}
    assert impacts(answer, THING, SCRIPT) == [
        Impact(Operation.PATCH, {**THING, "spec": {"empty": {}, "list": [], "new": []}})
    ]


def test_a_list_says_what_each_object_is_for() -> None:
    made = {"apiVersion": "v1", "kind": "Job", "metadata": {"name": "b"}, "spec": {"pod": {"empty": []}, "list": []}}
    answer = [{"operation": "create", "resource": made}, {"operation": "patch", "resource": THING}]
    assert impacts(answer, THING, SCRIPT) == [
        # A field that is a mapping in the object it was made of is one here.
        Impact(Operation.CREATE, {**made, "spec": {"pod": {"empty": {}}, "list": []}}),
        Impact(Operation.PATCH, THING),
    ]
    assert impacts([], THING, SCRIPT) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "an action returns the changed object or a list of operations"),
        ("x", "an action returns the changed object or a list of operations"),
        ({"spec": {}}, "an action returned an object without kind or metadata"),
        ([{"operation": "create"}], "operation 1 has no resource"),
        ([{"operation": "delete", "resource": THING}], "operation 1 is 'delete'; there are: create, patch"),
        ([7], "operation 1 has no resource"),
    ],
)
def test_other_answers_are_refused(answer: Any, problem: str) -> None:
    with pytest.raises(Blocked) as caught:
        impacts(answer, THING, SCRIPT)
    assert (caught.value.reason, caught.value.message) == ("ScriptAnswerInvalid", f"the.key: {problem}")


@pytest.mark.parametrize("answer", ["x", {"a": 1}, {"a": {"params": 3}}, [1]])
def test_other_offers_are_refused(answer: Any) -> None:
    with pytest.raises(Blocked, match=r"^the\.key: "):
        discovered(answer, SCRIPT)


@pytest.mark.parametrize(
    ("new", "original", "expected"),
    [
        ({"a": []}, {"a": {}}, {"a": {}}),
        ({"a": []}, {"a": {"b": 1}}, {"a": {}}),
        ({"a": []}, {"a": []}, {"a": []}),
        ({"a": []}, {}, {"a": []}),
        ([], {"a": 1}, {}),
        ({"a": [[], {"b": []}]}, {"a": [{}, {"b": {}}]}, {"a": [{}, {"b": {}}]}),
        ({"a": [1, []]}, {"a": [1]}, {"a": [1, []]}),
        ({"a": 1}, {"a": 1.0}, {"a": 1.0}),
        ({"a": 2.0**63}, {"a": 2**63 - 1}, {"a": 2**63 - 1}),
        ({"a": 1}, {"a": True}, {"a": 1}),
        ({"a": 2}, {"a": 1, "gone": 1}, {"a": 2}),
    ],
)
def test_types_come_back(new: Any, original: Any, expected: Any) -> None:
    found = restored(new, original)
    assert found == expected
    assert repr(found) == repr(expected)
