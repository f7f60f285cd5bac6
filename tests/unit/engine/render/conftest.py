"""Trees of files for the tests of rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.rendering.local_tree import LocalTree
from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderRequest

MakeTree = Callable[[Mapping[str, str]], LocalTree]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    """A tree of texts by path; a text that starts with "-> " is a symlink to what follows."""

    def make(files: Mapping[str, str]) -> LocalTree:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                target.symlink_to(text.removeprefix("-> "))
            else:
                target.write_text(text)
        return LocalTree(tmp_path, "0123456789abcdef0123456789abcdef01234567")

    return make


@pytest.fixture
def make_request() -> Callable[..., RenderRequest]:
    """A request for the source at `path`; the other arguments are fields of the source."""

    def make(path: str = ".", app_name: str = "shop", **source: Any) -> RenderRequest:
        return RenderRequest(
            location=TreeLocation("/repository", "0123456789abcdef0123456789abcdef01234567"),
            source=ApplicationSource(
                repo_url="https://git.example/shop.git", path=path, target_revision="main", **source
            ),
            app_name=app_name,
            app_namespace="argocd",
            project="default",
            namespace="shop-prod",
            kube_version="v1.31.2",
            api_versions=("apps/v1", "keda.sh/v1alpha1"),
        )

    return make
