"""A working copy in the place of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.assembly.engine_process import Sources
from holdfast.assembly.inspection import world_of
from holdfast.assembly.source_trees import open_source_tree
from holdfast.assembly.working_copy import WorkingCopy
from holdfast.controllers.application import observe, sources
from holdfast.engine.flow import spec
from holdfast.model.errors import Blocked
from holdfast.model.kube import name_of
from holdfast.testing.builders import application, application_object
from tests.unit.controllers.application.harness import stage


async def test_what_is_not_committed_is_rendered(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: draft}\n")
    async with stage() as world:
        copy = WorkingCopy(world.repositories, tmp_path, application_object())
        looking = await world_of(
            world.cluster, Sources(copy, world.charts, InlineRenderer(open_source_tree)), None, "argocd"
        )
        app = application()
        pinned = await sources.resolve(looking, app, spec.sources_of(app), [""], several=False)
        targets, _ = await observe.targets_at(looking, app, pinned)
        assert [name_of(target.obj) for target in targets.objects] == ["draft"]


async def test_a_chart_has_no_working_copy(tmp_path: Path) -> None:
    async with stage() as world:
        app = application_object(source={"repoURL": "https://charts.example.com", "chart": "a", "targetRevision": "1"})
        with pytest.raises(Blocked) as caught:
            WorkingCopy(world.repositories, tmp_path, app)
        assert caught.value.reason == "LocalFolder"
