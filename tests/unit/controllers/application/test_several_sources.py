"""Applications that are made of several sources."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.cli.app.rollback import rollback_of
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import Stage, namespace, stage

MANIFESTS, CHARTS, VALUES = (f"https://git.example.com/team/{name}.git" for name in ("plain", "charts", "values"))
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {level: '{{ .Values.level }}', note: '{{ .Values.note }}'}\n"
    ),
    "web/values.yaml": "level: default\nnote: none\n",
}
SOURCES: list[dict[str, Any]] = [
    {"repoURL": MANIFESTS, "path": "app", "targetRevision": "main"},
    {
        "repoURL": CHARTS,
        "path": "web",
        "targetRevision": "main",
        "helm": {
            "valueFiles": ["$values/prod/web.yaml"],
            "fileParameters": [{"name": "note", "path": "$values/note.txt"}],
        },
    },
    {"repoURL": VALUES, "ref": "values", "targetRevision": "main"},
]
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def push(world: Stage, level: str = "prod", **manifests: dict[str, Any]) -> list[str]:
    plain = {f"app/{name}.json": json.dumps(obj) for name, obj in (manifests or {"a": config_map("plain")}).items()}
    return [
        world.repositories.commit(MANIFESTS, plain),
        world.repositories.commit(CHARTS, CHART),
        world.repositories.commit(VALUES, {"prod/web.yaml": f"level: {level}\n", "note.txt": "by file"}),
    ]


async def data(world: Stage, name: str) -> dict[str, str] | None:
    found = await world.get(CONFIG_MAP, name)
    return found["data"] if found is not None else None


async def test_all_sources_are_rendered_and_synced_together() -> None:
    async with stage() as world:
        await namespace(world)
        revisions = push(world)
        await world.create_application(policy=AUTOMATED, source=None, sources=SOURCES)
        async with world.controller():
            assert await data(world, "plain") == {"level": "info"}
            assert await data(world, "web") == {"level": "prod", "note": "by file"}
            obj = await world.get(APPLICATION, "web", "argocd")
            assert obj is not None
            status = obj["status"]
            assert status["sync"]["status"] == "Synced"
            assert status["sync"]["revisions"] == revisions
            assert "revision" not in status["sync"]
            assert status["sync"]["comparedTo"]["sources"] == SOURCES
            assert "source" not in status["sync"]["comparedTo"]
            assert status["sourceTypes"] == ["Directory", "Helm", ""]
            assert "sourceType" not in status
            [entry] = status["history"]
            assert (entry["revisions"], entry["sources"]) == (revisions, SOURCES)
            assert status["operationState"]["syncResult"]["revisions"] == revisions


async def test_a_commit_to_the_values_alone_is_synced() -> None:
    async with stage() as world:
        await namespace(world)
        before = push(world)
        await world.create_application(policy=AUTOMATED, source=None, sources=SOURCES)
        async with world.controller() as controller:
            after = world.repositories.commit(VALUES, {"prod/web.yaml": "level: later\n", "note.txt": ""})
            await world.settle(controller, 200)
            assert await data(world, "web") == {"level": "later", "note": ""}
            assert (await world.application()).status.sync.revisions == (*before[:2], after)


async def test_of_objects_with_one_name_the_later_source_wins_and_a_warning_says_so() -> None:
    async with stage() as world:
        await namespace(world)
        push(world, a=config_map("web", data={"level": "plain"}))
        await world.create_application(policy=AUTOMATED, source=None, sources=SOURCES)
        async with world.controller():
            assert await data(world, "web") == {"level": "prod", "note": "by file"}
            [condition] = msgspec.to_builtins((await world.application()).status.conditions)
            assert (condition["type"], condition["message"]) == (
                "RepeatedResourceWarning",
                "Resource /ConfigMap/shop/web appeared 2 times among application resources.",
            )


async def test_nothing_is_written_when_nothing_has_changed() -> None:
    async with stage() as world:
        await namespace(world)
        push(world)
        await world.create_application(policy=AUTOMATED, source=None, sources=SOURCES)
        async with world.controller() as controller:
            world.transport.writes.clear()
            await world.settle(controller, 400)
            assert world.transport.writes == []


async def test_a_rollback_takes_all_sources_back() -> None:
    async with stage() as world:
        await namespace(world)
        old = push(world, "old")
        await world.create_application(source=None, sources=SOURCES)
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 1)
            push(world, "new")
            await world.settle(controller, 200)
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 1)
            assert (await data(world, "web") or {})["level"] == "new"
            obj = await world.get(APPLICATION, "web", "argocd")
            assert obj is not None
            await world.patch_application({"operation": rollback_of(obj)})
            await world.settle(controller, 1)
            assert (await data(world, "web") or {})["level"] == "old"
            status = (await world.application()).status
            assert list(status.history[-1].revisions) == old
            assert status.sync.status == "OutOfSync"


@pytest.mark.parametrize(
    ("sync", "message"),
    [
        ({"revision": "main"}, "revisions must name one for each of the 3 sources"),
        ({"revisions": ["main"]}, "revisions must name one for each of the 3 sources"),
        ({"revisions": ["main", "nowhere", ""]}, "has no revision nowhere"),
    ],
)
async def test_a_request_must_name_a_revision_for_each_source(sync: dict[str, Any], message: str) -> None:
    async with stage() as world:
        push(world)
        await world.create_application(source=None, sources=SOURCES)
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": sync}})
            await world.settle(controller, 1)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.phase == "Error"
            assert message in state.message


async def test_a_values_file_cannot_leave_the_source_that_lends_it() -> None:
    async with stage() as world:
        push(world)
        bad = [{**SOURCES[1], "helm": {"valueFiles": ["$values/../../web/values.yaml"]}}, SOURCES[2]]
        await world.create_application(source=None, sources=bad)
        async with world.controller():
            [condition] = (await world.application()).status.conditions
            assert condition.type == "ComparisonError"
            assert "leads out of the repository" in condition.message
