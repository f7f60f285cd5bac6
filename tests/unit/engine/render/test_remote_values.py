"""Values files that stand at an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from holdfast.engine.render.helm import remote
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.helm.values import compose
from holdfast.engine.render.prepare import identity, prepare, remote_files
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RemoteFile, RenderRequest
from holdfast.model.source_options import HelmFileParameter, HelmOptions
from tests.unit.engine.render.conftest import MakeTree

URL = "https://values.example.com/a.yaml?token=hidden"
CHART = {"app/Chart.yaml": "name: demo\nversion: 1.0.0\n"}
MakeRequest = Callable[..., RenderRequest]


def with_content(request: RenderRequest, content: bytes) -> RenderRequest:
    return msgspec.structs.replace(request, remote_files=(RemoteFile(URL, content),))


def test_it_merges_in_its_place_among_the_others(make_tree: MakeTree, make_request: MakeRequest) -> None:
    tree = make_tree({**CHART, "app/low.yaml": "a: 1\nb: 1\nc: 1\n", "app/top.yaml": "c: 3\n"})
    options = HelmOptions(
        value_files=("low.yaml", URL, "top.yaml"), file_parameters=(HelmFileParameter(name="text", path=URL),)
    )
    request = with_content(make_request("app", helm=options), b"b: 2\nc: 2\n")
    job = prepare(tree, request)
    assert isinstance(job, HelmJob)
    assert compose(tree, job.values) == {"a": 1, "b": 2, "c": 3, "text": "b: 2\nc: 2\n"}


def test_a_render_is_another_one_when_its_content_is(make_tree: MakeTree, make_request: MakeRequest) -> None:
    tree = make_tree(CHART)
    base = make_request("app", helm=HelmOptions(value_files=(URL,)))

    def identity_with(content: bytes) -> str:
        request = with_content(base, content)
        return identity(tree, prepare(tree, request), request)

    assert identity_with(b"a: 1") == identity_with(b"a: 1") != identity_with(b"a: 2")


def test_an_error_in_it_shows_no_token(make_tree: MakeTree, make_request: MakeRequest) -> None:
    tree = make_tree(CHART)
    request = with_content(make_request("app", helm=HelmOptions(value_files=(URL,))), b"a: b: c")
    job = prepare(tree, request)
    assert isinstance(job, HelmJob)
    with pytest.raises(Blocked, match=r"^https://values\.example\.com/a\.yaml:1: mapping"):
        compose(tree, job.values)


def test_addresses_come_from_overrides_in_git_and_variables_too(make_tree: MakeTree, make_request: MakeRequest) -> None:
    override = "helm: {valueFiles: ['https://v.example/$ARGOCD_APP_NAME.yaml', local.yaml]}\n"
    tree = make_tree({**CHART, "app/.argocd-source.yaml": override})
    assert remote_files(tree, make_request("app")) == ("https://v.example/shop.yaml",)


def test_there_is_a_bound(make_tree: MakeTree, make_request: MakeRequest) -> None:
    many = tuple(f"https://v.example/{number}.yaml" for number in range(remote.MAX_FILES + 1))
    with pytest.raises(Blocked, match="at most 20"):
        remote_files(make_tree(CHART), make_request("app", helm=HelmOptions(value_files=many)))


@pytest.mark.parametrize(
    ("said", "url", "error"),
    [
        (None, "https://a.example/v", ""),
        (None, "HTTP://a.example/v", ""),
        (None, "s3://bucket/v", "s3 is not allowed. Allowed is https, http"),
        ("https", "http://a.example/v", "http is not allowed. Allowed is https"),
        ("", "https://a.example/v", "Allowed is none"),
        (" s3 , https", "s3://bucket/v", "s3 needs a plugin of Helm"),
        (None, "https://ann:hidden@[values/v", "values file https://: this is no address"),
        (None, "https://values.example:port/v", "values file https://: this is no address"),
    ],
)
def test_the_instance_allows_schemes(said: Any, url: str, error: str) -> None:
    if not error:
        return remote.check(url, remote.schemes(said))
    with pytest.raises(Blocked, match=error):
        remote.check(url, remote.schemes(said))
    return None
