"""Revisions and commits of real repositories, read with the real git program over file://."""

# ruff: noqa: ASYNC240, ASYNC221 - these tests look at the disk

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.git.tree import open_tree
from holdfast.model.errors import Blocked, Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def repositories(directory: Path, limits: GitLimits, **rewrites: str) -> AsyncIterator[GitRepositories]:
    built = GitRepositories(directory, clock=SystemClock(), limits=limits, rewrites=rewrites)
    try:
        yield built
    finally:
        await built.close()


async def test_every_way_to_name_a_commit_leads_to_it(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    first = origin.commit(a="1")
    origin.git("tag", "v1.0.0")
    second = origin.commit(a="2")
    origin.git("tag", "--annotate", "--message", "second", "v1.1.0")
    origin.git("branch", "release/1.1")
    third = origin.commit(a="3")
    origin.git("tag", "v2.0.0-rc.1")
    origin.git("tag", "1.0")
    cases = {
        "": third,
        "HEAD": third,
        "main": third,
        "release/1.1": second,
        "refs/heads/release/1.1": second,
        "refs/tags/v1.0.0": first,
        "v1.0.0": first,
        "v1.1.0": second,
        "1.0": third,
        "1.x": second,
        "^1.0.0": second,
        ">=1.0.0 <1.1.0": third,
        ">=2.0.0-0": third,
        first: first,
        first.upper(): first,
        first[:8]: first,
        third[:7]: third,
    }
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        found = {revision: await subject.resolve(access, revision) for revision in cases}
    assert found == cases


async def test_a_prefix_says_which_tags_are_versions(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commits = {}
    for tag in ("web-1.0.0", "web-v1.1.0", "api-1.9.0", "1.5.0", "web-2.0.0-rc.1", "1.2"):
        commits[tag] = origin.commit(a=tag)
        origin.git("tag", tag)
    cases = {
        ("1.x", "web-"): "web-v1.1.0",
        ("*", "api-"): "api-1.9.0",
        (">=2.0.0-0", "web-"): "web-2.0.0-rc.1",
        ("1.0.0", "web-"): "web-1.0.0",
        ("1.5.0", "web-"): "1.5.0",
        ("web-1.0.0", "web-"): "web-1.0.0",
        (commits["1.2"][:9], "web-"): "1.2",
        ("1.x", ""): "1.5.0",
    }
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        for (revision, prefix), tag in cases.items():
            assert await subject.resolve(access, revision, tag_prefix=prefix) == commits[tag], (revision, prefix)
        with pytest.raises(Blocked) as caught:
            await subject.resolve(access, "1.2", tag_prefix="web-")
    assert "no tag in the range '1.2' among those that begin with 'web-'" in caught.value.message


async def test_a_short_commit_in_the_middle_of_history_is_found(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    origin.commit(a="1")
    middle = origin.commit(a="2")
    tip = origin.commit(a="3")
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        await subject.fetch(access, tip)
        assert await subject.resolve(access, middle[:9]) == middle
        tree = subject.open(await subject.fetch(access, middle))
        assert tree.read("a") == b"2"


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("mian", "Did you mean main?"),
        ("^7", "has no tag in the range '^7'. It has v1.0.0."),
        ("abcdef0", "no branch, tag or commit 'abcdef0'"),
        ("refs/heads/gone", "no branch, tag or commit 'refs/heads/gone'"),
        ("--upload-pack=touch /tmp/x", "no branch, tag or commit"),
    ],
)
async def test_a_revision_that_does_not_exist_is_named(
    origin: Origin, tmp_path: Path, limits: GitLimits, revision: str, says: str
) -> None:
    origin.commit(a="1")
    origin.git("tag", "v1.0.0")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        with pytest.raises(Blocked) as caught:
            await subject.resolve(RepositoryAccess(origin.url), revision)
    assert caught.value.reason == "RevisionNotFound"
    assert says in caught.value.message
    assert origin.url in caught.value.message


async def test_the_history_since_a_commit_is_whole_although_commits_are_fetched_alone(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    first, good = origin.commit(a="1"), origin.commit(a="2")
    origin.git("checkout", "-q", "-b", "side")
    side = origin.commit(b="1")
    origin.git("checkout", "-q", "main")
    main = origin.commit(a="3")
    origin.git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
    merge = origin.git("rev-parse", "HEAD")
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        await subject.fetch(access, good)
        location = await subject.fetch(access, merge)
        assert set(await subject.history(access, location, (good,), 10)) == {merge, main, side}
        assert await subject.history(access, location, (merge,), 10) == ()
        assert set(await subject.history(access, location, ("0" * 40, "--all", "main"), 10)) == {
            first,
            good,
            side,
            main,
            merge,
        }
        assert len(await subject.history(access, location, (), 2)) == 3

        origin.git("reset", "--quiet", "--hard", first)
        rewritten = [origin.commit(c=text) for text in "12"]
        location = await subject.fetch(access, rewritten[-1])
        assert await subject.history(access, location, (merge,), 10) == tuple(reversed(rewritten))


async def test_a_commit_that_no_ref_leads_to_has_its_history_too(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    origin.commit(a="1")
    lost = [origin.commit(a=text) for text in "23"]
    origin.git("update-ref", "refs/pull/1/head", lost[-1])
    origin.git("reset", "--quiet", "--hard", "HEAD~2")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(access, lost[-1])
        found = await subject.history(access, location, (origin.git("rev-parse", "HEAD"),), 10)
        assert found == tuple(reversed(lost))


async def test_a_commit_that_does_not_exist_is_named(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    origin.commit(a="1")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        with pytest.raises(Blocked, match="has no commit 0123456789") as caught:
            await subject.fetch(RepositoryAccess(origin.url), "0123456789" * 4)
    assert caught.value.reason == "RevisionNotFound"


async def test_a_repository_without_a_commit_says_so(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    async with repositories(tmp_path / "mirrors", limits) as subject:
        with pytest.raises(Blocked, match="no commit yet"):
            await subject.resolve(RepositoryAccess(origin.url), "HEAD")


async def test_a_repository_that_does_not_exist_is_named(tmp_path: Path, limits: GitLimits) -> None:
    async with repositories(tmp_path / "mirrors", limits) as subject:
        with pytest.raises(Blocked, match="/nowhere does not exist") as caught:
            await subject.resolve(RepositoryAccess(f"file://{tmp_path}/nowhere"), "HEAD")
    assert caught.value.reason == "RepositoryNotFound"


async def test_only_the_asked_commit_is_fetched(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    old = origin.commit(a="1")
    tip = origin.commit(a="2")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(RepositoryAccess(origin.url), tip)
    objects = subprocess.run(
        ["git", "--git-dir", location.repository, "rev-list", "--all"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert objects == [tip]
    assert old not in objects


async def test_a_moved_branch_and_a_force_push_are_followed(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    access = RepositoryAccess(origin.url)
    first = origin.commit(a="1")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        assert await subject.resolve(access, "main") == first
        second = origin.commit(a="2")
        assert await subject.resolve(access, "main") == second
        origin.git("reset", "--quiet", "--hard", first)
        forced = origin.commit(a="other")
        assert await subject.resolve(access, "main") == forced
        tree = subject.open(await subject.fetch(access, forced))
        assert tree.read("a") == b"other"


async def test_a_repository_replaced_by_an_unrelated_one_is_followed(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        await subject.fetch(access, origin.commit(a="1"))
        shutil.rmtree(origin.path)
        replaced = Origin(origin.path).commit(b="unrelated")
        commit = await subject.resolve(access, "main")
        tree = subject.open(await subject.fetch(access, commit))
    assert commit == replaced
    assert [entry.name for entry in tree.children("")] == ["b"]


async def test_rewrites_lead_to_a_folder_and_leave_credentials_out(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commit = origin.commit(a="1")
    shutil.copytree(origin.path / ".git", tmp_path / "served" / "microservice-identity.git")
    access = RepositoryAccess("git@bitbucket.org:oro-codebase/microservice-identity.git", ssh_private_key="not a key")
    async with repositories(
        tmp_path / "mirrors", limits, **{"git@bitbucket.org:oro-codebase/": f"{tmp_path}/served/"}
    ) as subject:
        assert await subject.resolve(access, "HEAD") == commit
        missing = RepositoryAccess("git@bitbucket.org:oro-codebase/other.git")
        with pytest.raises(Blocked, match=r"git@bitbucket.org:oro-codebase/other.git does not exist \(looked for at"):
            await subject.resolve(missing, "HEAD")


async def test_callers_at_the_same_time_share_one_fetch(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(a="1")
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        locations = await asyncio.gather(*(subject.fetch(access, commit) for _ in range(20)))
    packs = list(Path(locations[0].repository).glob("objects/pack/*.pack"))
    assert len(set(locations)) == 1
    assert len(packs) == 1


async def test_processes_that_share_the_folder_wait_for_one_another(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commits = [origin.commit(a=str(number)) for number in range(4)]
    access = RepositoryAccess(origin.url)
    async with (
        repositories(tmp_path / "mirrors", limits) as one,
        repositories(tmp_path / "mirrors", limits) as other,
    ):
        await asyncio.gather(*(subject.fetch(access, commit) for commit in commits for subject in (one, other)))
        assert one.open(await one.fetch(access, commits[0])).read("a") == b"0"


async def test_what_a_killed_fetch_left_behind_does_not_disturb(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    access = RepositoryAccess(origin.url)
    first = origin.commit(a="1")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        mirror = Path((await subject.fetch(access, first)).repository)
    (mirror / "shallow.lock").touch()
    (mirror / "refs/holdfast" / f"{first}.lock").touch()
    (mirror / "objects/pack/tmp_pack_x").write_bytes(b"PACK")
    (mirror / "objects/pack/pack-0.pack").write_bytes(b"PACK")
    second = origin.commit(a="2")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        assert subject.open(await subject.fetch(access, second)).read("a") == b"2"
    assert not list(mirror.rglob("*.lock"))
    assert not list(mirror.rglob("tmp_*"))


@pytest.mark.parametrize("damage", ["marker", "pack", "folder", "HEAD", "objects"])
async def test_a_damaged_mirror_is_made_anew(origin: Origin, tmp_path: Path, limits: GitLimits, damage: str) -> None:
    access = RepositoryAccess(origin.url)
    commit = origin.commit(a="1", b__c="2")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        mirror = Path((await subject.fetch(access, commit)).repository)
    match damage:
        case "marker":
            (mirror / "refs/holdfast" / commit).write_text("")
        case "pack":
            pack = next(mirror.glob("objects/pack/*.pack"))
            pack.chmod(0o600)
            pack.write_bytes(pack.read_bytes()[:40])
        case "folder":
            shutil.rmtree(mirror)
            mirror.mkdir()
        case "HEAD":
            (mirror / "HEAD").write_text("")
        case _:
            shutil.rmtree(mirror / "objects")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        tree = subject.open(await subject.fetch(access, commit))
        assert tree.read("b/c") == b"2"


async def test_damage_found_while_reading_is_mended_by_the_next_fetch(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    access = RepositoryAccess(origin.url)
    commit = origin.commit(a="1")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(access, commit)
        for pack in Path(location.repository).glob("objects/pack/*"):
            pack.unlink()
        with pytest.raises(Transient) as caught:
            open_tree(location)
        assert caught.value.reason == "RepositoryDamaged"
        assert open_tree(await subject.fetch(access, commit)).read("a") == b"1"


async def test_the_mirror_stays_small_while_commits_pile_up(origin: Origin, tmp_path: Path) -> None:
    limits = GitLimits(packs=5, share_seconds=0)
    access = RepositoryAccess(origin.url)
    async with repositories(tmp_path / "mirrors", limits) as subject:
        commits = [origin.commit(a=str(number)) for number in range(12)]
        locations = [await subject.fetch(access, commit) for commit in commits]
        assert len(list(Path(locations[0].repository).glob("objects/pack/*.pack"))) <= 6
        assert [open_tree(location).read("a") for location in locations[-3:]] == [b"9", b"10", b"11"]


async def test_the_mirrors_themselves_are_no_repositories_of_anybody(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    commit = origin.commit(a="secret")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(RepositoryAccess(origin.url), commit)
        with pytest.raises(Blocked) as caught:
            await subject.fetch(RepositoryAccess(f"file://{location.repository}"), commit)
    assert caught.value.reason == "RepositoryURLInvalid"


async def test_a_location_travels_to_another_process(origin: Origin, tmp_path: Path, limits: GitLimits) -> None:
    commit = origin.commit(a="1")
    async with repositories(tmp_path / "mirrors", limits) as subject:
        location = await subject.fetch(RepositoryAccess(origin.url), commit)
    assert pickle.loads(pickle.dumps(open_tree))(pickle.loads(pickle.dumps(location))).revision == commit


async def test_keys_of_a_killed_process_are_removed_at_the_next_start(tmp_path: Path, limits: GitLimits) -> None:
    left = tmp_path / "mirrors" / "private-left"
    left.mkdir(parents=True)
    (left / "identity").write_text("key")
    async with repositories(tmp_path / "mirrors", limits):
        assert not left.exists()
    assert not list((tmp_path / "mirrors").glob("private-*"))


async def test_the_folder_where_holdfast_runs_has_no_say(
    origin: Origin, tmp_path: Path, limits: GitLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = origin.commit(a="1")
    here = Origin(tmp_path / "checkout")
    here.git("config", "url.file:///nowhere/.insteadOf", f"{tmp_path}/")
    monkeypatch.chdir(here.path)
    async with repositories(here.path / ".holdfast" / "git", limits) as subject:
        access = RepositoryAccess(origin.url)
        assert await subject.resolve(access, "main") == commit
        assert subject.open(await subject.fetch(access, commit)).read("a") == b"1"


FETCH = """
import asyncio, sys
from pathlib import Path
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock

async def fetch():
    print("ready", flush=True)
    await GitRepositories(Path(sys.argv[1]), clock=SystemClock()).fetch(RepositoryAccess(sys.argv[2]), sys.argv[3])

asyncio.run(fetch())
"""


async def test_a_fetch_that_is_killed_at_any_moment_is_finished_by_the_next(
    origin: Origin, tmp_path: Path, limits: GitLimits
) -> None:
    for number in range(300):
        (origin.path / f"file-{number}").write_bytes(os.urandom(20_000))
    commit = origin.commit()
    access = RepositoryAccess(origin.url)
    for round_number, delay in enumerate((0.01, 0.05, 0.15)):
        mirrors = tmp_path / f"mirrors-{round_number}"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FETCH, str(mirrors), origin.url, commit, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout
        await child.stdout.readline()
        await asyncio.sleep(delay)
        if child.returncode is None:
            child.kill()
        await child.communicate()
        async with repositories(mirrors, limits) as subject:
            tree = subject.open(await subject.fetch(access, commit))
            assert [len(tree.read(entry.name)) for entry in tree.children("")] == [20_000] * 300
