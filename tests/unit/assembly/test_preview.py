"""What a revision would change, before it is merged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.assembly.engine_process import Sources
from holdfast.assembly.inspection import world_of
from holdfast.controllers.preview.previewing import Asked, Previewing
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.keys import GroupKind, NamespacedName
from holdfast.model.kube import KubeObject
from holdfast.model.preview import AppPreview, ChangeKind, Preview
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP
from holdfast.testing.builders import REPOSITORY, application_object, config_map, deployment, obj
from tests.unit.controllers.application.harness import Stage, namespace, stage

AUTOMATED = {"automated": {"prune": True}}


@asynccontextmanager
async def synced(*manifests: KubeObject, **files: str) -> AsyncIterator[Stage]:
    """A cluster that has what the first commit says."""
    async with stage() as world:
        await namespace(world)
        world.push(*manifests, **files)
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, seconds=5)
        yield world


async def preview(world: Stage, revision: str, base: str = "main", repository: str = REPOSITORY) -> Preview:
    looking = await world_of(
        world.cluster, Sources(world.repositories, world.charts, InlineRenderer(world.open_tree)), None, "argocd"
    )
    items = (await world.cluster.list(APPLICATION, namespace="argocd")).items
    apps = [msgspec.convert(item.decode(), Application) for item in items]
    return await Previewing(looking, Asked(repository, revision, base)).run(apps)


def kinds(app: AppPreview) -> dict[str, ChangeKind]:
    return {change.key.name: change.kind for change in app.changes}


@asynccontextmanager
async def proposed(before: list[KubeObject], after: list[KubeObject]) -> AsyncIterator[tuple[Stage, str]]:
    """A cluster at `before`, and the commit of a pull request with `after`."""
    async with synced(*before) as world:
        merged = world.repositories.head(REPOSITORY)
        head = world.push(*after)
        world.repositories.move(REPOSITORY, merged)
        yield world, head


async def test_each_object_that_is_rendered_differently_is_told() -> None:
    before = [config_map("kept"), config_map("changed"), config_map("gone")]
    after = [config_map("kept"), config_map("changed", data={"level": "debug"}), config_map("new")]
    async with proposed(before, after) as (world, head):
        found = await preview(world, head)
        (app,) = found.apps
        assert kinds(app) == {"changed": ChangeKind.CHANGE, "gone": ChangeKind.DELETE, "new": ChangeKind.CREATE}
        changed = next(change for change in app.changes if change.key.name == "changed")
        assert [(field.path, field.before, field.after) for field in changed.fields] == [
            (".data.level", "info", "debug")
        ]
        assert changed.live_fields == ()


async def test_nothing_is_written() -> None:
    async with proposed([config_map("a")], [config_map("a", data={"level": "debug"}), config_map("b")]) as (
        world,
        head,
    ):
        before = (await world.cluster.list(APPLICATION, namespace="argocd")).resource_version
        await preview(world, head)
        assert (await world.cluster.list(APPLICATION, namespace="argocd")).resource_version == before


async def test_a_commit_that_renders_the_same_is_no_change() -> None:
    async with proposed([config_map("a")], [config_map("a")]) as (world, head):
        found = await preview(world, head)
        assert found.is_empty
        assert found.unaffected == 1


async def test_what_somebody_changed_by_hand_is_told_besides() -> None:
    async with proposed([config_map("a")], [config_map("a", data={"level": "info", "more": "x"})]) as (world, head):
        resource = (await world.cluster.discover()).find(GroupKind("", "ConfigMap"))
        assert resource is not None
        await world.patch(resource, "a", {"data": {"level": "by hand"}})
        (app,) = (await preview(world, head)).apps
        (change,) = app.changes
        assert [field.path for field in change.fields] == [".data.more"]
        assert [(field.path, field.before) for field in change.live_fields] == [(".data.level", "by hand")]


async def test_a_field_that_cannot_change_is_told_before_the_merge() -> None:
    other: dict[str, Any] = deployment("web")
    other["spec"]["selector"]["matchLabels"] = {"app": "other"}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    async with proposed([deployment("web")], [other]) as (world, head):
        (app,) = (await preview(world, head)).apps
        (change,) = app.changes
        assert "must be replaced" in change.warnings[0]


async def test_deleting_what_holds_data_is_warned_of() -> None:
    claim = obj("v1", "PersistentVolumeClaim", "data", spec={"accessModes": ["ReadWriteOnce"]})
    claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
    async with proposed([config_map("a"), claim], [config_map("a")]) as (world, head):
        (app,) = (await preview(world, head)).apps
        assert [len(change.warnings) for change in app.changes] == [1]
        assert (
            app.hold
            == "it would delete 1 of 2 objects (1 PersistentVolumeClaim): PersistentVolumeClaim data would be lost"
        )


async def test_a_revision_that_cannot_be_rendered_is_a_problem_of_the_application() -> None:
    async with synced(config_map("a")) as world:
        merged = world.repositories.head(REPOSITORY)
        head = world.repositories.commit(
            REPOSITORY, {"app/broken.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [1"}
        )
        world.repositories.move(REPOSITORY, merged)
        found = await preview(world, head)
        assert found.has_problems
        assert "app/broken.yaml" in found.apps[0].problem


def child(name: str, path: str) -> KubeObject:
    return application_object(name, path=path, policy=AUTOMATED)


def apps_of_apps(*children: KubeObject, **folders: KubeObject) -> dict[str, str]:
    files = {f"app/{number}.json": json.dumps(it) for number, it in enumerate(children)}
    return {**files, **{f"{folder}/a.json": json.dumps(it) for folder, it in folders.items()}}


async def test_the_applications_that_an_app_of_apps_would_make_are_told_too() -> None:
    async with stage() as world:
        await namespace(world)
        merged = world.repositories.commit(
            REPOSITORY,
            apps_of_apps(child("stays", "stays"), child("goes", "goes"), stays=config_map("a"), goes=config_map("b")),
        )
        await world.create_application("root", destination="argocd", policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, seconds=20)
        head = world.repositories.commit(
            REPOSITORY,
            apps_of_apps(
                child("stays", "moved"), child("comes", "comes"), moved=config_map("c"), comes=config_map("d")
            ),
        )
        world.repositories.move(REPOSITORY, merged)
        found = await preview(world, head)
        told = {app.name: (app.kind, kinds(app)) for app in found.apps}
        assert told == {
            NamespacedName("argocd", "root"): (
                None,
                {"stays": ChangeKind.CHANGE, "goes": ChangeKind.DELETE, "comes": ChangeKind.CREATE},
            ),
            NamespacedName("argocd", "stays"): (None, {"a": ChangeKind.DELETE, "c": ChangeKind.CREATE}),
            NamespacedName("argocd", "goes"): (ChangeKind.DELETE, {"b": ChangeKind.DELETE}),
            NamespacedName("argocd", "comes"): (ChangeKind.CREATE, {"d": ChangeKind.CREATE}),
        }


async def test_many_deletions_would_wait_for_a_person() -> None:
    before = [config_map(f"settings-{number}") for number in range(8)]
    async with proposed(before, before[:2]) as (world, head):
        (app,) = (await preview(world, head)).apps
        assert "it would delete 6 of 8 objects" in app.hold


async def test_an_annotation_of_a_secret_that_is_masked_is_masked_here_too() -> None:
    def secret(value: str) -> KubeObject:
        return obj("v1", "Secret", "db", annotations={"acme.com/key": value}, data={"password": "aHVudGVyMg=="})

    async with proposed([secret("first")], [secret("second")]) as (world, head):
        masked = {"resource.sensitive.mask.annotations": "acme.com/key"}
        settings = config_map("argocd-cm", namespace="argocd", data=masked)
        await world.cluster.create(CONFIG_MAP, settings, field_manager="person")
        (app,) = (await preview(world, head)).apps
        assert app.changes
        assert "second" not in repr(app)


async def test_who_follows_head_is_concerned_by_the_default_branch_alone() -> None:
    async with synced(config_map("a")) as world:
        release = world.repositories.head(REPOSITORY)
        world.push(config_map("a", data={"level": "next"}))
        await world.patch_application({"spec": {"source": {"targetRevision": "HEAD"}}})
        head = world.push(config_map("a", data={"level": "debug"}))
        assert len((await preview(world, head, base="main")).apps) == 0
        with pytest.raises(Blocked, match="no application reads"):
            await preview(world, head, base=release)


async def test_a_repository_that_nobody_reads_is_said_so() -> None:
    async with synced(config_map("a")) as world:
        with pytest.raises(Blocked, match="no application reads"):
            await preview(world, "main", repository="https://git.example.com/team/other.git")
        with pytest.raises(Blocked, match="at release"):
            await preview(world, "main", base="release")


async def test_a_file_that_the_revision_adds_in_vain_is_told_and_is_no_change() -> None:
    async with synced(config_map("a"), **{"app/old.yaml": "just: text\n"}) as world:
        merged = world.repositories.head(REPOSITORY)
        more = {"app/old.yaml": "just: text\n", "app/new.yaml": "just: text\n"}
        head = world.push(config_map("a"), **more)
        world.repositories.move(REPOSITORY, merged)
        found = await preview(world, head)
        (app,) = found.apps
        assert (app.changes, len(app.notes)) == ((), 1)
        assert "new.yaml" in app.notes[0]
        assert not found.has_changes


async def test_a_base_that_cannot_be_rendered_is_told() -> None:
    async with synced(config_map("a")) as world:
        broken = world.push(config_map("a"), **{"app/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n"})
        head = world.push(config_map("a"))
        world.repositories.move(REPOSITORY, broken)
        (app,) = (await preview(world, head)).apps
        assert kinds(app) == {"a": ChangeKind.CREATE}
        assert app.notes[0].startswith("all of it is shown as new, as the base cannot be rendered: ")
