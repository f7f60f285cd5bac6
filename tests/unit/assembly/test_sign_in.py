"""Whatever opens a repository asks for a token first, where its Secret names who may ask for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.assembly.engine_process import sources
from holdfast.assembly.places import DataPlace
from holdfast.assembly.repository_check import reach
from holdfast.cli.repo import add as adding
from holdfast.model.errors import Blocked
from holdfast.model.rendering import NO_PLUGINS
from holdfast.model.repository import RepositoryAccess
from tests.unit.controllers.application.harness import stage

URL = "https://git.example/shop.git"
"""Nobody is asked: a key that is none is noticed before."""


@pytest.mark.real_time
async def test_sources_of_git_and_of_charts_sign_in(tmp_path: Path) -> None:
    access = RepositoryAccess(URL, gcp_service_account_key="no key")
    async with sources(DataPlace(tmp_path), {}, workers=1, plugins=NO_PLUGINS) as opened:
        with pytest.raises(Blocked, match="gcpServiceAccountKey"):
            await opened.repositories.resolve(access, "HEAD")
        with pytest.raises(Blocked, match="gcpServiceAccountKey"):
            await opened.repositories.fetch(access, "0" * 40)
        with pytest.raises(Blocked, match="gcpServiceAccountKey"):
            await opened.charts.resolve(access, "shop", ">=1.0.0")


@pytest.mark.parametrize("kind", ["git", "helm"])
async def test_a_repository_that_is_tried_signs_in(tmp_path: Path, kind: str) -> None:
    secret = adding.secret_of("argocd", {"url": URL, "gcpServiceAccountKey": "no key"}, template=False)
    async with stage() as world:
        with pytest.raises(Blocked, match="gcpServiceAccountKey"):
            await reach(world.cluster, tmp_path / "kubeconfig", "argocd", URL, kind, "", secret)
