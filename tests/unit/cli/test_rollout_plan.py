"""`holdfast rollout plan`: the timetable of a release and what becomes of one with faults, from a file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import command_line
from holdfast.engine.lang.yaml_documents import dump
from holdfast.model.errors import Blocked

POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
WEB = {"prometheus": {"address": "http://prometheus", "query": "q"}}


def rollout(steps: list[Any], replicas: int = 10, **canary: Any) -> dict[str, Any]:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": POD}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web"},
        "spec": {**spec, "strategy": {"canary": {"steps": steps, **canary}}},
    }


def template(name: str, **metric: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": name},
        "spec": {"metrics": [{"name": name, "provider": WEB, **metric}]},
    }


def analysis(name: str) -> dict[str, Any]:
    return {"analysis": {"templates": [{"templateName": name}]}}


def planned(folder: Path, objects: list[Any], *options: str) -> Result:
    file = folder / "objects.yaml"
    file.write_text("---\n".join(dump(obj) for obj in objects))
    return CliRunner().invoke(command_line("rollout"), ["rollout", "plan", str(file), *options])


def rows(result: Result) -> list[list[str]]:
    """AFTER, STEP and WAITS FOR of each row."""
    lines = result.output.splitlines()
    heading = next(line for line in lines if line.startswith("AFTER"))
    at = [heading.index(word) for word in ("STEP", "NEW", "WAITS")]
    found = lines[lines.index(heading) + 1 :]
    return [[line[: at[0]].strip(), line[at[0] : at[1]].strip(), line[at[2] :].strip()] for line in found if line[:1]]


def said(result: Result) -> str:
    assert isinstance(result.exception, Blocked), result.output
    return result.exception.message


def test_an_analysis_takes_as_long_as_its_template_says(tmp_path: Path) -> None:
    smoke = template("smoke", initialDelay="30s", interval="20s", count=4, successCondition="result > 0")
    told = rows(planned(tmp_path, [rollout([{"setWeight": 10}, analysis("smoke")]), smoke]))
    starts = next(row for row in told if row[2] == "the analysis")
    ends = next(row for row in told if row[1].startswith("2/2") and row[2] != "the analysis")
    assert (starts[0], ends[0]) == ("0:00:10", "0:01:40"), "30 s and three times 20 s later"


def test_an_analysis_without_its_template_is_said_to_be_unknown(tmp_path: Path) -> None:
    result = planned(tmp_path, [rollout([{"setWeight": 10}, analysis("smoke")])])
    assert "AnalysisTemplate smoke is not in the file" in result.output
    assert rows(result)[-2][2] == "done"


def test_a_release_goes_on_after_an_experiment(tmp_path: Path) -> None:
    experiment = {
        "duration": "3m",
        "templates": [{"name": "new", "specRef": "canary"}],
        "analyses": [{"name": "compared", "templateName": "smoke", "requiredForCompletion": True}],
    }
    smoke = template("smoke", interval="1m", count=6, successCondition="result > 0")
    steps = [{"setWeight": 10}, {"experiment": experiment}, {"setWeight": 50}]
    told = rows(planned(tmp_path, [rollout(steps), smoke]))
    waited = next(row for row in told if row[2] == "the experiment")
    after = next(row for row in told if row[1].startswith("3/3"))
    assert (waited[0], after[0]) == ("0:00:10", "0:05:20"), "its pods come up, then six measurements"
    assert told[-1][2] == "done"


def test_an_experiment_that_fails_aborts_the_release(tmp_path: Path) -> None:
    experiment = {
        "templates": [{"name": "new", "specRef": "canary"}],
        "analyses": [{"name": "compared", "templateName": "smoke", "requiredForCompletion": True}],
    }
    smoke = template("smoke", successCondition="result > 0")
    objects = [rollout([{"setWeight": 10}, {"experiment": experiment}]), smoke]
    result = planned(tmp_path, objects, "--fails", "Experiment")
    assert "Experiment" in result.output
    assert "RolloutAborted" in result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fails", "Bakground"), "'Bakground' is none of Step, Background, PrePromotion"),
        (("--fails", "PrePromotion"), "web has none; it has Step"),
        (("--error-rate", "many"), "no share between 0% and 100%"),
        (("--error-rate", "120%"), "no share between 0% and 100%"),
        (("--ready-after", "soon"), "is no duration such as 10s"),
        (("--ready-after", "2000h"), "not between 0s and 24h"),
    ],
)
def test_an_option_that_says_nothing_is_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    assert words in said(planned(tmp_path, [rollout([analysis("smoke")])], *options))


def test_an_error_rate_tells_where_releases_end_and_how_much_traffic_they_had(tmp_path: Path) -> None:
    rate = template("success", interval="1m", failureLimit=2, successCondition="result[0] >= 0.95")
    background = {"templates": [{"templateName": "success"}]}
    objects = [rollout([{"setWeight": 10}, {"pause": {"duration": "10m"}}], analysis=background), rate]
    result = planned(tmp_path, objects, "--error-rate", "50%")
    line = next(line for line in result.output.splitlines() if line.startswith("aborted"))
    # The third measurement, two minutes on, is one more than failureLimit; a tenth of the traffic since 0:00:10.
    expected = "aborted 100 % 2/2 pause: 10m 10 % 0:02:00 0:02:00 3 of 3 0:00:11"
    assert line.split() == expected.split()
    assert "success: its value is the share of good requests, 0 to 1" in result.output
    good = planned(tmp_path, objects, "--error-rate", "0%")
    assert next(line for line in good.output.splitlines() if line.startswith("completed")).split()[1] == "100"
    same = [planned(tmp_path, objects, "--error-rate", "5%", "--releases", "20").output for _ in range(2)]
    assert same[0] == same[1]
    assert "aborted" in same[0]
    assert "completed" in same[0]


def test_releases_with_very_many_moves_are_played_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.engine.flow.rehearsal.chances.MOST_MOVES", 100)
    smoke = template("smoke", successCondition="result > 0.5")
    objects = [rollout([analysis("smoke"), {"setWeight": 100}], 60, maxSurge=1, maxUnavailable=0), smoke]
    result = planned(tmp_path, objects, "--error-rate", "1%")
    assert "only 1 of 100 were played" in result.output


def test_an_inconclusive_analysis_ends_a_release_as_paused(tmp_path: Path) -> None:
    unsure = template("unsure", successCondition="result > 0.9", failureCondition="result < 0.1")
    result = planned(tmp_path, [rollout([{"setWeight": 20}, analysis("unsure")]), unsure], "--error-rate", "50%")
    line = next(line for line in result.output.splitlines() if line.startswith("paused"))
    assert line.split()[1:7] == ["100", "%", "2/2", "analysis", "20", "%"]


def test_the_traffic_of_a_blue_green_release_changes_at_the_switch(tmp_path: Path) -> None:
    whole = rollout([])
    after = {"templates": [{"templateName": "after"}]}
    whole["spec"]["strategy"] = {"blueGreen": {"activeService": "web", "postPromotionAnalysis": after}}
    slow = template("after", initialDelay="1m", successCondition="result > 0.99")
    result = planned(tmp_path, [whole, slow], "--error-rate", "90%")
    line = next(line for line in result.output.splitlines() if line.startswith("aborted"))
    assert line.split() == ["aborted", "100", "%", "100", "%", "0:01:10", "0:01:10", "1", "of", "1", "0:01:00"]


def test_an_error_rate_that_nothing_measures_is_told(tmp_path: Path) -> None:
    result = planned(tmp_path, [rollout([{"setWeight": 10}])], "--error-rate", "90%")
    assert "nothing judges the new version" in result.output


@pytest.mark.parametrize("replicas", [100_000, 2_000_000_000])
def test_many_pods_cost_no_more_than_few(tmp_path: Path, replicas: int) -> None:
    told = rows(planned(tmp_path, [rollout([{"setWeight": 10}], replicas)]))
    assert told[-1][2] == "done"


def test_what_is_too_long_to_play_through_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.engine.rollout.rehearsal.MOST_MOVES_OF_A_RELEASE", 50)
    objects = [rollout([{"setWeight": 10}], 3000, maxSurge=1, maxUnavailable=0)]
    assert "too long to play through: 3000 replicas" in said(planned(tmp_path, objects))


def test_pods_that_come_one_by_one_are_told_in_short(tmp_path: Path) -> None:
    objects = [rollout([{"setWeight": 100}], 60, maxSurge=1, maxUnavailable=0)]
    assert "more, --all tells them" in planned(tmp_path, objects).output
    assert len(rows(planned(tmp_path, objects, "--all"))) > 50


def test_an_analysis_that_the_controller_would_not_start_is_refused(tmp_path: Path) -> None:
    needs = template("smoke", successCondition="result > 0")
    needs["spec"]["args"] = [{"name": "host"}]
    assert "args.host was not resolved" in said(planned(tmp_path, [rollout([analysis("smoke")]), needs]))
