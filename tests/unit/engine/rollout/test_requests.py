"""What a person may ask of a Rollout, and the timetable of a release."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import rehearsal, replica_sets, requests, validation
from holdfast.model.errors import Blocked
from holdfast.model.rollout import Rollout

CONTAINERS = [{"name": "web", "image": "web:1"}, {"name": "side", "image": "side:1"}]
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": CONTAINERS}}
STEPS = [{"setWeight": 10}, {"pause": {}}, {"setWeight": 30}, {"pause": {"duration": "5m"}}]


def rollout(strategy: dict[str, Any] | None = None, status: dict[str, Any] | None = None, **spec: Any) -> Rollout:
    whole = {
        "replicas": 10,
        "selector": {"matchLabels": {"app": "web"}},
        "template": TEMPLATE,
        "strategy": strategy or {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS}},
        **spec,
    }
    return msgspec.convert({"metadata": {"name": "web"}, "spec": whole, "status": status or {}}, Rollout)


UNDER_WAY: dict[str, Any] = {"currentPodHash": "new", "stableRS": "old"}
PAUSED = {**UNDER_WAY, "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]}


@pytest.mark.parametrize(
    ("status", "spec", "full", "wanted"),
    [
        (PAUSED, {}, False, (None, {"pauseConditions": None})),
        (UNDER_WAY, {}, False, (None, {"currentStepIndex": 1})),
        (UNDER_WAY, {"paused": True}, False, ({"paused": False}, None)),
        (UNDER_WAY, {}, True, (None, {"promoteFull": True})),
        ({"currentPodHash": "new", "stableRS": "new"}, {"paused": True}, False, ({"paused": False}, None)),
    ],
)
def test_a_promotion_ends_what_it_waits_for(
    status: dict[str, Any], spec: dict[str, Any], full: bool, wanted: tuple[Any, Any]
) -> None:
    found = requests.promote(rollout(status=status, **spec), full=full)
    assert (found.spec, found.status) == wanted


@pytest.mark.parametrize(
    ("status", "skip_all", "wanted"),
    [
        (UNDER_WAY, False, {"currentStepIndex": 1}),
        (UNDER_WAY, True, {"currentStepIndex": 4}),
        ({**UNDER_WAY, "currentStepIndex": 3}, False, {"currentStepIndex": 4}),
        (
            {**PAUSED, "currentStepIndex": 1},
            False,
            {"currentStepIndex": 2, "pauseConditions": None, "controllerPause": False},
        ),
    ],
)
def test_steps_can_be_skipped(status: dict[str, Any], skip_all: bool, wanted: dict[str, Any]) -> None:
    found = requests.promote(rollout(status=status), skip_step=not skip_all, skip_all=skip_all)
    assert found.status == wanted


def test_only_one_way_of_promoting_can_be_asked_for() -> None:
    with pytest.raises(Blocked, match="only one of"):
        requests.promote(rollout(status=UNDER_WAY), full=True, skip_all=True)


def test_there_must_be_steps_to_skip() -> None:
    with pytest.raises(Blocked, match="no steps"):
        requests.promote(rollout({"canary": {}}, status=UNDER_WAY), skip_step=True)


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (requests.promote, {"currentPodHash": "a", "stableRS": "a"}),
        (requests.promote, {**UNDER_WAY, "abort": True}),
        (requests.abort, {"currentPodHash": "a", "stableRS": "a"}),
        (requests.retry, UNDER_WAY),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Any, status: dict[str, Any]) -> None:
    with pytest.raises(Blocked):
        ask(rollout(status=status))


def test_an_image_is_set_in_the_container_that_is_named() -> None:
    found = requests.set_images(rollout(), TEMPLATE, {"side": "side:2"})
    assert found.template == {"spec": {"containers": [CONTAINERS[0], {"name": "side", "image": "side:2"}]}}
    with pytest.raises(Blocked, match="there: side, web"):
        requests.set_images(rollout(), TEMPLATE, {"wab": "web:2"})


def test_an_image_that_is_there_already_changes_nothing_and_says_so() -> None:
    found = requests.set_images(rollout(), TEMPLATE, {"web": "web:1"})
    assert (found.template, found.said) == (None, "rollout 'web' has this image already: nothing is changed")


@pytest.mark.parametrize(
    ("strategy", "status"),
    [
        (None, {**UNDER_WAY, "currentStepIndex": 4}),
        ({"canary": {}}, UNDER_WAY),
        ({"blueGreen": {"activeService": "web"}}, UNDER_WAY),
    ],
)
def test_a_promotion_that_would_end_nothing_is_refused(strategy: Any, status: Any) -> None:
    with pytest.raises(Blocked, match=r"waits for no one: .*--full skips what is left"):
        requests.promote(rollout(strategy, status))
    assert requests.promote(rollout(strategy, status), full=True).status == {"promoteFull": True}


def test_undo_takes_the_revision_before_without_what_the_controller_added() -> None:
    given = rollout(status=UNDER_WAY)
    sets = [replica_sets.read(replica_sets.make(given, TEMPLATE, {}, f"h{number}", number)) for number in (1, 2, 3)]
    request, template = requests.undo(given, sets)
    assert request.said == "rollout 'web' undone to revision 2"
    assert template == TEMPLATE
    with pytest.raises(Blocked, match="there: 3, 2, 1"):
        requests.undo(given, sets, 7)


def test_the_timetable_tells_counts_and_waits() -> None:
    moments = rehearsal.timetable(rollout(), ready_after=timedelta(seconds=10))
    rests = [(moment.step, moment.canary, moment.stable, moment.waits) for moment in moments if moment.waits]
    assert rests == [(1, 1, 9, "a person"), (3, 3, 7, "300 s")]
    assert (moments[-1].phase, moments[-1].canary_ready, moments[-1].stable) == ("Healthy", 10, 0)


def test_the_timetable_of_a_release_whose_analysis_fails_ends_where_it_began() -> None:
    steps = [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "errors"}]}}]
    strategy = {"canary": {"steps": steps}}
    assert rehearsal.timetable(rollout(strategy))[-1].phase == "Healthy"
    last = rehearsal.timetable(rollout(strategy), fails="Step")[-1]
    assert (last.phase, last.canary, last.stable_ready) == ("Degraded", 0, 10)


@pytest.mark.parametrize(
    ("strategy", "problem"),
    [
        ({}, "missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"),
        ({"canary": {}, "blueGreen": {"activeService": "a"}}, "Multiple Strategies can not be listed"),
        ({"blueGreen": {"activeService": "a", "previewService": "a"}}, "two different services are required"),
        ({"canary": {"maxSurge": "0%", "maxUnavailable": 0}}, "both can not be zero"),
        ({"canary": {"maxSurge": "some"}}, "neither a count nor a percentage"),
        ({"canary": {"steps": [{}]}}, "Step must have one of"),
        ({"canary": {"steps": [{"setWeight": 101}]}}, "between 0 and max weight"),
        ({"canary": {"steps": [{"pause": {"duration": "soon"}}]}}, "Duration needs to be greater than 0"),
        ({"canary": {"steps": [{"setCanaryScale": {"weight": 5}}]}}, "SetCanaryScale requires TrafficRouting"),
        ({"canary": {"trafficRouting": {"nginx": {"stableIngress": "a"}}}}, "requires canaryService and stableService"),
    ],
)
def test_faults_of_a_spec_are_named(strategy: dict[str, Any], problem: str) -> None:
    assert problem in validation.problem(rollout(strategy or {"canary": None}))


def test_a_selector_must_select_the_pods_of_the_template() -> None:
    assert "does not match" in validation.selector_problem({"matchLabels": {"app": "other"}}, TEMPLATE)
    assert "empty selector" in validation.selector_problem({}, TEMPLATE)
    assert not validation.selector_problem({"matchLabels": {"app": "web"}}, TEMPLATE)


@pytest.mark.parametrize("ask", [requests.promote, requests.abort])
def test_right_after_a_change_nobody_is_told_that_nothing_is_new(ask: Any) -> None:
    changed = rollout(status={"currentPodHash": "a", "stableRS": "a", "observedGeneration": "1"})
    metadata = msgspec.structs.replace(changed.metadata, generation=2)
    with pytest.raises(Blocked, match="has not seen its newest change yet"):
        ask(msgspec.structs.replace(changed, metadata=metadata))


def test_what_is_invalid_does_not_go_on_by_itself() -> None:
    status = {**UNDER_WAY, "phase": "Degraded", "message": "InvalidSpec: no service", "currentStepIndex": 4}
    with pytest.raises(Blocked, match="cannot go on before this is mended: InvalidSpec: no service"):
        requests.promote(rollout(status=status))
