"""The simulation's renderer remembers what it rendered, and only that."""

from __future__ import annotations

import pytest

from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderRequest
from holdfast.testing.memory_repositories import MemoryTree
from holdfast.testing.remembered_renders import RememberedRenders

FILES = {"app/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"}


class Opened:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, location: TreeLocation) -> FileTree:
        self.times += 1
        return MemoryTree(FILES)


def request(path: str) -> RenderRequest:
    source = ApplicationSource(repo_url="https://git.example.com/one.git", path=path)
    return RenderRequest(
        location=TreeLocation("one", "1" * 40),
        source=source,
        app_name="web",
        app_namespace="argocd",
        project="default",
        namespace="shop",
        kube_version="v1.37.2",
    )


async def test_the_same_is_rendered_once_and_answered_anew() -> None:
    opened = Opened()
    renderer = RememberedRenders(InlineRenderer(opened))
    first, again = await renderer.render(request("app")), await renderer.render(request("app"))
    once = opened.times
    assert first == again
    assert first.objects[0] is not again.objects[0]
    await RememberedRenders(InlineRenderer(opened)).render(request("app"))
    assert opened.times == 2 * once


async def test_a_failure_is_not_remembered() -> None:
    opened = Opened()
    renderer = RememberedRenders(InlineRenderer(opened))
    for times in (1, 2):
        with pytest.raises(Blocked):
            await renderer.render(request("nowhere"))
        assert opened.times == times
