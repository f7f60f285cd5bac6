"""Repositories on disk and requests for the tests of rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderLimits, RenderRequest

MakeRequest = Callable[..., RenderRequest]


@pytest.fixture
def make_request(tmp_path: Path) -> MakeRequest:
    """Writes the files, and asks for the source at `path` of them; the other arguments are fields of the source."""

    def make(
        files: Mapping[str, str | bytes], path: str = "app", limits: RenderLimits | None = None, **source: Any
    ) -> RenderRequest:
        repository = tmp_path / "repository"
        for name, content in files.items():
            target = repository / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            elif content.startswith("-> "):
                target.symlink_to(content.removeprefix("-> "))
            else:
                target.write_text(content)
        return RenderRequest(
            location=TreeLocation(str(repository), "0123456789abcdef0123456789abcdef01234567"),
            source=ApplicationSource(repo_url="https://git.example/shop.git", path=path, **source),
            app_name="shop",
            app_namespace="argocd",
            project="default",
            namespace="shop-prod",
            kube_version="v1.31.2",
            api_versions=("apps/v1", "keda.sh/v1alpha1"),
            limits=limits or RenderLimits(),
        )

    return make
