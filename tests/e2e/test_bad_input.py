"""Bad input gives one clear condition, no traceback, and holds up nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.model.resource_types import APPLICATION
from tests.e2e.up_process import UpProcess, condition_text, is_settled, new_repository

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(240), pytest.mark.xdist_group("up")]
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n"
CHART = "apiVersion: v2\nname: chart\nversion: 0.1.0\n"
ENDLESS = "{{- range $i := until 100000 }}{{- range $j := until 100000 }}{{ $i }}{{ $j }}{{- end }}{{- end }}"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
UNKNOWN_KIND = "apiVersion: example.org/v1\nkind: Gadget\nmetadata:\n  name: gadget\n"
CASES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, Any], tuple[str, ...]]] = {
    "no-revision": ({"a.yaml": GOOD}, {}, {"path": ".", "targetRevision": "v9"}, ("v9",)),
    "no-path": ({"a.yaml": GOOD}, {}, {"path": "missing"}, ("missing",)),
    "path-outside": ({"a.yaml": GOOD}, {}, {"path": "../../etc"}, ("../../etc",)),
    "symlink-out": ({"app/a.yaml": GOOD}, {"app/out.yaml": "/etc/passwd"}, {"path": "app"}, ("out.yaml",)),
    "no-values": (
        {"chart/Chart.yaml": CHART, "chart/templates/a.yaml": GOOD},
        {},
        {"path": "chart", "helm": {"valueFiles": ["nowhere.yaml"]}},
        ("nowhere.yaml",),
    ),
    "yaml-bomb": ({"bomb.yaml": BOMB}, {}, {"path": "."}, ("bomb.yaml",)),
    "unknown-kind": ({"a.yaml": UNKNOWN_KIND}, {}, {"path": "."}, ("Gadget",)),
    "no-yaml": (
        {"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [1\nb: }\n"},
        {},
        {"path": "."},
        ("a.yaml:",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_source_is_explained_in_one_condition(name: str, up: UpProcess, tmp_path: Path) -> None:
    files, links, source, words = CASES[name]
    repository = new_repository(tmp_path / "r", files, links)
    up.create_application(f"bad-{name}", {"repoURL": f"file://{repository}", **source})

    app = up.application_that(f"bad-{name}", lambda app: bool(condition_text(app)), "explained")

    for word in words:
        assert word in condition_text(app)
    assert len(app["status"]["conditions"]) == 1
    assert "Traceback" not in condition_text(app)


def test_a_repository_that_does_not_exist_is_named(up: UpProcess) -> None:
    up.create_application("bad-repository", {"repoURL": "file:///nowhere/at/all.git", "path": "."})

    app = up.application_that("bad-repository", lambda app: bool(condition_text(app)), "explained")

    assert "file:///nowhere/at/all.git" in condition_text(app)


def test_a_destination_that_the_project_forbids_is_named(up: UpProcess, tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", {"a.yaml": GOOD})
    up.create_application(
        "bad-destination",
        {"repoURL": f"file://{repository}", "path": "."},
        destination={"server": "https://other.example.org", "namespace": "x"},
    )

    app = up.application_that("bad-destination", lambda app: bool(condition_text(app)), "explained")

    assert "https://other.example.org" in condition_text(app)


def test_a_chart_that_never_ends_is_ended_and_others_go_on_meanwhile(up: UpProcess, tmp_path: Path) -> None:
    endless = new_repository(tmp_path / "endless", {"Chart.yaml": CHART, "templates/a.yaml": ENDLESS})
    good = new_repository(tmp_path / "good", {"a.yaml": GOOD})
    up.create_application("bad-endless", {"repoURL": f"file://{endless}", "path": "."})
    up.create_application("good-meanwhile", {"repoURL": f"file://{good}", "path": "."})

    up.application_that("good-meanwhile", is_settled, "Synced and Healthy", 30)
    app = up.application_that("bad-endless", lambda app: bool(condition_text(app)), "ended", 120)

    assert "killed" in condition_text(app)
    # It would be tried again at each poll, and take a core from the tests after this one.
    up.run(lambda cluster: cluster.delete(APPLICATION, "argocd", "bad-endless"))


def test_nothing_of_all_this_printed_a_traceback(up: UpProcess) -> None:
    assert up.is_running()
    assert "Traceback" not in up.text()
