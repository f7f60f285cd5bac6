"""What a render by a plugin depends on, and what of its complaints is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import pytest

from holdfast.engine.render.plugins import definition, job, output
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.prepare import identity, prepare, question
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import PluginFiles, RenderRequest
from holdfast.model.source_options import DirectoryOptions, HelmOptions, KustomizeOptions, NameValue, PluginOptions

MakeTree = Callable[[Mapping[str, str]], FileTree]
MakeRequest = Callable[..., RenderRequest]
FILES = {"app/a.txt": "a", "shared/b.txt": "b", "other/c.txt": "c"}
NAMED = PluginOptions(name="cue")


def key(tree: FileTree, request: RenderRequest) -> str:
    found = prepare(tree, request)
    assert isinstance(found, PluginJob)
    return identity(tree, found, request)


@pytest.mark.parametrize(
    ("reads", "changed", "is_same"),
    [
        ((), "other/c.txt", False),
        ((), "app/a.txt", False),
        (("shared",), "other/c.txt", True),
        (("shared",), "shared/b.txt", False),
        (("shared",), "app/a.txt", False),
        (("shared/*.txt",), "shared/b.txt", False),
        (("shared/*.txt",), "other/c.txt", True),
        (("nothing",), "other/c.txt", True),
    ],
)
def test_a_render_depends_on_the_repository_or_on_the_named_paths_of_it(
    make_tree: MakeTree, make_request: MakeRequest, reads: tuple[str, ...], changed: str, is_same: bool
) -> None:
    request = msgspec.structs.replace(make_request("app", plugin=NAMED), plugin_files=PluginFiles(reads))
    before = key(make_tree(FILES), request)

    assert (key(make_tree({**FILES, changed: "changed"}), request) == before) is is_same


def test_a_render_depends_on_variables_but_not_on_the_commit_alone(
    make_tree: MakeTree, make_request: MakeRequest
) -> None:
    tree = make_tree(FILES)
    request = make_request("app", plugin=NAMED)
    later = msgspec.structs.replace(request, location=msgspec.structs.replace(request.location, commit="f" * 40))
    assert key(tree, later) == key(tree, request)

    tells = PluginOptions(name="cue", env=(NameValue(name="COMMIT", value="$ARGOCD_APP_REVISION"),))
    told, told_later = (
        msgspec.structs.replace(one, source=msgspec.structs.replace(one.source, plugin=tells))
        for one in (request, later)
    )
    assert key(tree, told) != key(tree, told_later)
    assert key(tree, make_request("app", plugin=PluginOptions(name="other"))) != key(tree, request)
    assert key(tree, make_request("app", plugin=NAMED, app_name="other")) != key(tree, request)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ({}, True),
        ({"plugin": PluginOptions()}, True),
        ({"plugin": NAMED}, False),
        ({"helm": HelmOptions()}, False),
        ({"kustomize": KustomizeOptions()}, False),
        ({"directory": DirectoryOptions()}, False),
        ({"chart": "front"}, False),
    ],
)
def test_plugins_are_asked_where_the_source_leaves_it_open(source: dict[str, object], answer: bool) -> None:
    assert job.is_automatic(msgspec.convert(msgspec.to_builtins(source), ApplicationSource)) is answer


def test_the_question_is_the_same_until_the_folder_changes(make_tree: MakeTree, make_request: MakeRequest) -> None:
    def asked(files: Mapping[str, str]) -> str:
        tree = make_tree(files)
        found = question(tree, make_request("app"))
        assert found is not None
        return job.discovery_key(tree, found)

    assert asked({**FILES, "other/c.txt": "changed"}) == asked(FILES)
    before = asked(FILES)
    assert asked({**FILES, "app/new.txt": ""}) != before


def test_a_source_that_a_plugin_took_is_its_and_one_that_none_takes_any_more_is_refused(
    make_tree: MakeTree, make_request: MakeRequest
) -> None:
    tree, request = make_tree(FILES), make_request("app")
    taken = prepare(tree, msgspec.structs.replace(request, plugin="cue"))
    assert isinstance(taken, PluginJob)
    assert taken.name == "cue"
    for answer in ("", None):
        with pytest.raises(Blocked, match="a plugin rendered the source"):
            prepare(tree, msgspec.structs.replace(request, plugin=answer, was_plugin=True))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("  two\n lines ", "two lines"),
        ("https://joe:pw@git.example/x", "https://********@git.example/x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ********"),
        ('{"password": "x1", "a": 1}', '{"password": ********, "a": 1}'),
        ("VAULT said swordfish", "VAULT said ********"),
        ("the stage is prod", "the stage is prod"),
        ("a" * 5000, "…" + "a" * output.MAX_MESSAGE),
    ],
)
def test_complaints_are_shown_in_one_line_without_secrets(said: str, shown: str) -> None:
    environment = {"ARGOCD_ENV_VAULT_TOKEN": "swordfish", "ARGOCD_ENV_STAGE": "prod", "PARAM_API_KEY": "no"}
    assert output.told(said, environment) == shown


def test_dynamic_parameters_that_cannot_be_read_are_told() -> None:
    assert definition.announcements(b"", "cue") == ()
    with pytest.raises(Blocked, match="plugin cue: what it says about its parameters cannot be read"):
        definition.announcements(b"{", "cue")


def test_a_glob_that_cannot_be_read_fits_nothing() -> None:
    assert not job.fits("[", "a")
