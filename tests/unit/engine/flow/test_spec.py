"""What makes an Application impossible to work on."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.flow import spec
from holdfast.testing.builders import application, project

FINE: list[dict[str, Any]] = [
    {},
    {"destination": {"name": "in-cluster", "namespace": "shop"}},
    {"source": {"repoURL": "https://a", "path": "x", "targetRevision": "1.x", "tagPrefix": "web-"}},
    {"destination": {"server": "https://kubernetes.default.svc/", "namespace": "shop"}},
]
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"source": None}, "spec.source is missing"),
    ({"source": {"path": "x"}}, "repoURL is missing"),
    ({"source": {"repoURL": "https://a"}}, "path is missing"),
    ({"source": {"repoURL": "https://a", "chart": "c"}}, "spec.source.targetRevision is missing"),
    ({"sources": [{"repoURL": "https://a"}]}, "spec.sources[0].path is missing"),
    ({"sources": [{"repoURL": "https://a", "ref": "v"}, {"path": "b"}]}, "spec.sources[1].repoURL is missing"),
    ({"sources": [{"repoURL": "https://a", "ref": "v"}] * 2}, "ref 'v' is given to more than one source"),
    ({"sources": [{"repoURL": "https://a", "ref": "v/.."}]}, "ref 'v/..' may hold letters, digits, _ and - only"),
    (
        {"sources": [{"repoURL": "https://a", "chart": "c", "targetRevision": "1", "ref": "v"}]},
        "a chart cannot have a ref",
    ),
    ({"sourceHydrator": {}}, "sourceHydrator is not supported yet"),
    ({"destination": {"namespace": "shop"}}, "destination.server is missing"),
    ({"destination": {"name": "far", "namespace": "shop"}}, "cluster far is not supported yet"),
    ({"destination": {"server": "s", "name": "n"}}, "can't have both name and server"),
]


@pytest.mark.parametrize("fields", FINE)
def test_nothing_stands_against_an_ordinary_application(fields: dict[str, Any]) -> None:
    assert spec.problems(application(**fields), project()) == ()


@pytest.mark.parametrize(("fields", "problem"), IMPOSSIBLE)
def test_the_first_obstacle_is_named(fields: dict[str, Any], problem: str) -> None:
    [found] = spec.problems(application(**fields), project())
    assert problem in found


def test_the_project_must_exist_and_allow_source_and_destination() -> None:
    assert "project default which does not exist" in spec.problems(application(), None)[0]
    assert "sourceRepos" in spec.problems(application(), project(sourceRepos=["https://elsewhere/*"]))[0]
    only = [{"server": "*", "namespace": "other"}]
    assert "shop" in spec.problems(application(), project(destinations=only))[0]
