"""What `app diff` finds out, with real workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.assembly.inspection import Local, inspect
from holdfast.cli.app.diff import as_document, is_changed
from holdfast.model.errors import Blocked
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, SECRET
from holdfast.testing.builders import config_map, deployment, obj
from tests.unit.controllers.application.harness import DEPLOYMENT, namespace, stage

pytestmark = pytest.mark.real_time


async def test_files_that_are_not_committed_are_compared_field_by_field(tmp_path: Path) -> None:
    folder = tmp_path / "repository" / "app"
    folder.mkdir(parents=True)
    wanted = [
        deployment(replicas=3, image="web:2"),
        config_map("new"),
        obj("v1", "Secret", "s", stringData={"password": "swordfish"}),
    ]
    for number, manifest in enumerate(wanted):
        (folder / f"{number}.json").write_text(json.dumps(manifest))
    async with stage() as world:
        await namespace(world)
        await world.put(deployment(namespace="shop", replicas=1), DEPLOYMENT, manager="argocd-controller")
        await world.put(obj("v1", "Secret", "s", namespace="shop", data={"password": "b2xk"}), SECRET)
        rule = {"group": "apps", "kind": "Deployment", "jqPathExpressions": [".spec.template.spec.containers[].image"]}
        await world.create_application(ignoreDifferences=[rule])
        app = await world.get(APPLICATION, "web", "argocd")
        assert app is not None
        local = Local(folder, tmp_path / "repository")
        found = await inspect(world.cluster, tmp_path / "kubeconfig", app, local=local)
        shown = {one["name"]: one for one in (as_document(state) for state in found.states if is_changed(state))}
        assert {name: one["change"] for name, one in shown.items()} == {"web": "change", "new": "create", "s": "change"}
        replicas = next(field for field in shown["web"]["fields"] if field["path"] == ".spec.replicas")
        assert (replicas["before"], replicas["after"], replicas["manager"]) == (1, 3, "argocd-controller")
        assert not [field for field in shown["web"]["fields"] if "image" in field["path"]]
        text = json.dumps(shown["s"])
        assert "swordfish" not in text
        assert "b2xk" not in text
        assert ".data.password" in text
        assert await world.get(CONFIG_MAP, "new") is None


async def test_a_folder_outside_of_its_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with stage() as world:
        await world.create_application()
        app = await world.get(APPLICATION, "web", "argocd")
        assert app is not None
        for local in (Local(tmp_path / "a", tmp_path / "b"), Local(tmp_path / "none", tmp_path)):
            with pytest.raises(Blocked):
                await inspect(world.cluster, tmp_path / "kubeconfig", app, local=local)
