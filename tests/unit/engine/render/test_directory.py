"""Plain manifests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from holdfast.engine.render import directory
from holdfast.engine.render.directory import DirectoryJob
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderLimits, RenderResult
from holdfast.model.source_options import DirectoryOptions, JsonnetOptions

MakeTree = Callable[[Mapping[str, str]], FileTree]


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: '{name}'\n"


def render(tree: FileTree, path: str = "app", **options: Any) -> RenderResult:
    return directory.render(tree, DirectoryJob.of(path, DirectoryOptions(**options)), RenderLimits())


def names(result: RenderResult) -> list[str]:
    return [obj["metadata"]["name"] for obj in result.objects]


def test_yaml_and_json_of_the_folder_are_read_in_the_order_of_their_names(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "app/b.yaml": config_map("b1") + "---\n" + config_map("b2") + "---\n",
            "app/a.json": json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}),
            "app/c.yml": config_map("c"),
            "app/README.md": "kind: no",
            "app/sub/d.yaml": config_map("d"),
            "other/e.yaml": config_map("e"),
        }
    )
    assert names(render(tree)) == ["a", "b1", "b2", "c"]
    assert names(render(tree, recurse=True)) == ["a", "b1", "b2", "c", "d"]
    assert names(render(tree, "")) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"include": "*.yaml"}, ["a", "x", "y"]),
        ({"include": "sub/*"}, ["x", "y"]),
        ({"exclude": "sub/x.yaml"}, ["a", "y"]),
        ({"exclude": "{a.yaml,*/y.yaml}"}, ["x"]),
        ({"include": "sub/*", "exclude": "*/x.yaml"}, ["y"]),
        ({"exclude": "nothing.yaml"}, ["a", "x", "y"]),
    ],
)
def test_globs_choose_by_the_path_below_the_folder(make_tree: MakeTree, options: Any, expected: list[str]) -> None:
    tree = make_tree(
        {"app/a.yaml": config_map("a"), "app/sub/x.yaml": config_map("x"), "app/sub/y.yaml": config_map("y")}
    )
    assert names(render(tree, recurse=True, **options)) == expected


def test_files_with_other_endings_are_read_when_the_filter_is_off(make_tree: MakeTree) -> None:
    tree = make_tree({"app/a.yaml.sealed": config_map("a"), "app/b.yaml": config_map("b")})
    assert names(render(tree)) == ["b"]
    assert names(render(tree, disable_extension_filter=True, include="*.sealed")) == ["a"]


def test_a_file_with_the_skip_mark_is_left_out(make_tree: MakeTree) -> None:
    tree = make_tree({"app/a.yaml": "# +argocd:skip-file-rendering\n{{ not yaml", "app/b.yaml": config_map("b")})
    assert names(render(tree)) == ["b"]


def test_lists_are_opened(make_tree: MakeTree) -> None:
    items = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}],
    }
    tree = make_tree(
        {"app/a.yaml": json.dumps(items), "app/b.yaml": "apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n"}
    )
    assert names(render(tree)) == ["s"]


def test_a_file_that_is_not_about_kubernetes_is_left_out_with_a_note(make_tree: MakeTree) -> None:
    tree = make_tree(
        {"app/a.yaml": config_map("a"), "app/values.yaml": "replicas: 2\n", "app/.gitlab-ci.yml": "a: b: c"}
    )
    result = render(tree)
    assert names(result) == ["a"]
    assert result.notes == (
        "app/.gitlab-ci.yml holds no Kubernetes object and is left out",
        "app/values.yaml holds no Kubernetes object and is left out",
    )


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("a.yaml", config_map("a") + "---\nreplicas: 2\n", "app/a.yaml, document 2: kind is missing or no text"),
        ("a.yaml", config_map("a") + "  x: y: z\n", "app/a.yaml:5: mapping values are not allowed in this context"),
        ("a.json", "{", "app/a.json:2: while parsing a flow node, did not find expected node content"),
        ("a.yaml", "kind: X\napiVersion: v1\n", "app/a.yaml: v1 X has no metadata"),
        ("a.yaml", config_map("5").replace("'", ""), "app/a.yaml: v1 ConfigMap: name must be text"),
        (
            "a.yaml",
            config_map("a") + "  labels: {on: yes}\n",
            "app/a.yaml: v1 ConfigMap a: metadata.labels[true] is the boolean true: put it in quotes",
        ),
        ("a.jsonnet", "{}", "app/a.jsonnet: Jsonnet cannot be evaluated here"),
    ],
)
def test_a_bad_file_is_named_with_its_document_or_line(make_tree: MakeTree, file: str, text: str, message: str) -> None:
    with pytest.raises(Blocked) as caught:
        render(make_tree({f"app/{file}": text}))
    assert caught.value.message == message


def test_a_bomb_is_too_large(make_tree: MakeTree) -> None:
    lines = ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: a}", "a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(Blocked) as caught:
        render(make_tree({"app/bomb.yaml": "\n".join(lines)}))
    assert caught.value.reason == "ManifestTooLarge"
    assert caught.value.message == (
        "app/bomb.yaml: line 10, column 38: stands for more than 5,000,000 values with its aliases written out"
    )


def test_a_symlink_that_leads_out_is_refused(make_tree: MakeTree) -> None:
    with pytest.raises(Blocked) as caught:
        render(make_tree({"app/secret.yaml": "-> /etc/passwd"}))
    assert caught.value.reason == "PathEscapes"
    assert caught.value.message == (
        "'app/secret.yaml' is a symlink to /etc/passwd, which is outside the repository: use a path inside the repository"
    )


def test_a_symlink_to_a_file_inside_is_read(make_tree: MakeTree) -> None:
    assert names(render(make_tree({"app/a.yaml": "-> ../shared/a.yaml", "shared/a.yaml": config_map("a")}))) == ["a"]


def test_more_objects_than_the_limit_are_refused(make_tree: MakeTree) -> None:
    tree = make_tree({f"app/{n}.yaml": config_map(f"n{n}") for n in range(3)})
    with pytest.raises(Blocked, match="more than 2 objects"):
        directory.render(tree, DirectoryJob("app"), RenderLimits(documents=2))


def test_an_object_that_is_there_twice_gives_a_note(make_tree: MakeTree) -> None:
    result = render(make_tree({"app/a.yaml": config_map("x"), "app/b.yaml": config_map("x")}))
    assert result.notes == ()
    assert result.all_notes == ("ConfigMap x is in app/a.yaml and again in app/b.yaml: the later one is used last",)


def test_labels_that_are_null_are_left_out(make_tree: MakeTree) -> None:
    result = render(make_tree({"app/a.yaml": config_map("x") + "  labels: {a: null, b: c}\n"}))
    assert result.objects[0]["metadata"]["labels"] == {"b": "c"}


def without_jsonnet(tree: FileTree, **options: Any) -> RenderResult:
    return directory.render(tree, DirectoryJob.of("app", DirectoryOptions(**options), evaluates=False), RenderLimits())


def test_where_jsonnet_is_off_programs_are_left_out_with_a_word(make_tree: MakeTree) -> None:
    found = without_jsonnet(make_tree({"app/a.jsonnet": "{", "app/b.jsonnet": "{", "app/c.yaml": config_map("c")}))
    assert names(found) == ["c"]
    assert found.notes == ('app/a.jsonnet and 1 more left out: jsonnet.enable: "false" in argocd-cm turns Jsonnet off',)


@pytest.mark.parametrize(
    ("other", "options"),
    [("app/README.md", {}), ("app/c.yaml", {"jsonnet": JsonnetOptions(libs=("vendor",))})],
)
def test_where_a_source_is_about_programs_it_is_an_error_that_names_the_setting(
    other: str, options: Any, make_tree: MakeTree
) -> None:
    with pytest.raises(Blocked, match=r'app/a\.jsonnet: jsonnet\.enable: "false" in argocd-cm') as caught:
        without_jsonnet(make_tree({"app/a.jsonnet": "{", other: config_map("c")}), **options)
    assert caught.value.reason == "SourceUnsupported"
