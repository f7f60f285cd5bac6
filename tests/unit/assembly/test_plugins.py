"""Config management plugins where commands use them: files that are not committed, previews, parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.assembly.engine_process import Sources
from holdfast.assembly.inspection import Local, inspect, world_of
from holdfast.assembly.places import DataPlace
from holdfast.assembly.plugin_parameters import offered
from holdfast.assembly.settings import plugin_places
from holdfast.cli.app import parameters
from holdfast.controllers.preview.previewing import Asked, Previewing
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.rendering import PluginPlaces
from holdfast.model.resource_types import APPLICATION
from holdfast.testing.builders import REPOSITORY, application
from tests.unit.controllers.application.harness import Stage, namespace, stage

pytestmark = pytest.mark.real_time
SCRIPT = 'cat <<END\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {motto: "$(cat motto.txt)"}\nEND'
SOURCE = {
    "repoURL": REPOSITORY,
    "path": "app",
    "targetRevision": "main",
    "plugin": {
        "name": "settings",
        "parameters": [{"name": "replicas", "string": "2"}, {"name": "color", "array": ["red"]}],
    },
}


@pytest.fixture
def definitions(tmp_path: Path) -> str:
    file = tmp_path / "plugins" / "settings.yaml"
    file.parent.mkdir()
    spec = {
        "generate": {"command": ["sh", "-c", SCRIPT]},
        "parameters": {
            "static": [{"name": "replicas", "title": "Copies", "required": True, "string": "1"}],
            "dynamic": {
                "command": ["sh", "-c", 'echo "[{\\"name\\": \\"motto\\", \\"string\\": \\"$(cat motto.txt)\\"}]"']
            },
        },
    }
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ConfigManagementPlugin", "metadata": {"name": "settings"}}
    file.write_text(yaml.safe_dump({**kind, "spec": spec}))
    return str(file.parent)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A working copy."""
    folder = tmp_path / "copy"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "motto.txt").write_text("hold fast")
    return folder


async def created(world: Stage) -> KubeObject:
    await namespace(world)
    await world.create_application(source=SOURCE)
    app = await world.get(APPLICATION, "web", "argocd")
    assert app is not None
    return app


async def test_files_that_are_not_committed_go_through_the_plugin(tmp_path: Path, definitions: str, copy: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    async with stage() as world:
        app = await created(world)
        for where in (
            {"local": Local(copy / "app", copy), "plugins": definitions},
            {"working_copy": copy, "plugins": definitions},
        ):
            found = await inspect(world.cluster, kubeconfig, app, **where)  # type: ignore[arg-type]
            assert [target.obj["data"] for target in found.desired.targets.objects] == [{"motto": "hold fast"}]
        with pytest.raises(Blocked, match="give its definition with --plugins"):
            await inspect(world.cluster, kubeconfig, app, working_copy=copy)
        DataPlace(tmp_path).write_plugins(PluginPlaces(definitions=definitions))
        found = await inspect(world.cluster, kubeconfig, app, working_copy=copy)
        assert [name_of(target.obj) for target in found.desired.targets.objects] == ["made"]


async def test_parameters_are_listed_beside_what_the_application_gives(
    tmp_path: Path, definitions: str, copy: Path
) -> None:
    async with stage() as world:
        app = await created(world)
        found = await offered(world.cluster, tmp_path / "kubeconfig", app, plugins=definitions, working_copy=copy)

    assert [parameters.row(one) for one in found] == [
        ("settings", "motto", "string", "", "hold fast", "", ""),
        ("settings", "replicas", "string", "yes", "1", "2", "Copies"),
        ("settings", "color", "unknown to it", "", "", "red", ""),
    ]
    assert parameters.as_document(found[1])["given"] == {"name": "replicas", "string": "2"}


async def test_a_preview_shows_what_the_plugin_would_give(definitions: str) -> None:
    async with stage() as world:
        await created(world)
        base = world.push(**{"app/motto.txt": "old"})
        head = world.push(**{"app/motto.txt": "new"})
        world.repositories.move(REPOSITORY, base)
        renderer = InlineRenderer(world.open_tree, plugins=PluginPlaces(definitions=definitions))
        looking = await world_of(world.cluster, Sources(world.repositories, world.charts, renderer), None, "argocd")
        found = await Previewing(looking, Asked(REPOSITORY, head, "main")).run([application(source=SOURCE)])

    assert not found.has_problems
    (app,) = found.apps
    (change,) = app.changes
    assert [(field.path, field.before, field.after) for field in change.fields] == [(".data.motto", "old", "new")]


def test_a_folder_of_definitions_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="--plugins: there is no file or folder"):
        plugin_places(tmp_path / "nothing")
