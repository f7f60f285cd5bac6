"""The example folders as real bare Git repositories."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from holdfast.adapters.git.repositories import GitRepositories
from holdfast.assembly.example_repositories import examples_directory, publish
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock

EXAMPLES = examples_directory()
CHART = EXAMPLES / "infrastructure-configuration/projects/templates/microservice/helm"


def git(*arguments: str, cwd: Path) -> str:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    done = subprocess.run(["git", *settings, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_each_folder_becomes_a_repository_whose_first_commit_is_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    rewrites = publish(EXAMPLES, first)
    publish(EXAMPLES, second)
    assert rewrites == {"git@bitbucket.org:oro-codebase/": f"{first}/"}
    names = sorted(folder.name for folder in first.iterdir())
    services = sorted(f"{folder.name}.git" for folder in (EXAMPLES / "services").iterdir())
    assert names == ["infrastructure-configuration.git", *services]
    for name in names:
        commit = git("rev-parse", "HEAD", cwd=first / name)
        assert commit == git("rev-parse", "HEAD", cwd=second / name)
        assert git("config", "uploadpack.allowAnySHA1InWant", cwd=first / name) == "true"


def test_a_service_carries_the_shared_chart(tmp_path: Path) -> None:
    publish(EXAMPLES, tmp_path)
    files = git("ls-tree", "-r", "--name-only", "HEAD", cwd=tmp_path / "microservice-identity.git").splitlines()
    chart = {f"helm/charts/orofi-application/{file.relative_to(CHART)}" for file in CHART.rglob("*") if file.is_file()}
    assert chart < set(files)
    assert {"helm/Chart.yaml", "helm/values.yaml", "helm/values-prod.yaml"} < set(files)


def test_pushed_commits_survive_a_second_start(tmp_path: Path) -> None:
    publish(EXAMPLES, tmp_path / "repositories")
    origin = tmp_path / "repositories/microservice-identity.git"
    git("clone", "--quiet", str(origin), "work", cwd=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message", "mine", cwd=tmp_path / "work")
    git("push", "--quiet", cwd=tmp_path / "work")
    publish(EXAMPLES, tmp_path / "repositories")
    assert git("log", "-1", "--format=%s", cwd=origin) == "mine"


def test_what_a_killed_start_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".microservice-identity.git.abc").mkdir()
    publish(EXAMPLES, tmp_path)
    assert not [folder for folder in tmp_path.iterdir() if folder.name.startswith(".")]


@asynccontextmanager
async def repositories(directory: Path, examples: Path) -> AsyncIterator[GitRepositories]:
    subject = GitRepositories(directory, clock=SystemClock(), rewrites=publish(EXAMPLES, examples))
    try:
        yield subject
    finally:
        await subject.close()


@pytest.mark.real_time
async def test_the_addresses_of_the_examples_lead_there(tmp_path: Path) -> None:
    async with repositories(tmp_path / "mirrors", tmp_path / "published") as subject:
        access = RepositoryAccess("git@bitbucket.org:oro-codebase/microservice-search.git")
        tree = subject.open(await subject.fetch(access, await subject.resolve(access, "HEAD")))
        assert b"name: microservice-search" in tree.read("helm/Chart.yaml")
        with pytest.raises(Blocked, match="does not exist"):
            await subject.resolve(RepositoryAccess("git@bitbucket.org:oro-codebase/nothing.git"), "HEAD")
