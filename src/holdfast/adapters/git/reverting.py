"""Makes a commit that takes earlier ones back, and pushes it; nothing that somebody else pushed is ever overwritten."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from holdfast.adapters.git.connection import connection
from holdfast.adapters.git.failures import failure
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.process import GitAnswer, run_git
from holdfast.adapters.git.refs import is_full_commit
from holdfast.adapters.git.remote import Remote, remote_of
from holdfast.adapters.git.signing import signing
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess

MOST_COMMITS = 100
_REJECTED = ("[rejected]", "non-fast-forward", "fetch first", "[remote rejected]", "pre-receive hook declined")
_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "gc.auto=0",
    "merge.renames=true",
    "protocol.ext.allow=never",
)


class Identity(Struct, frozen=True):
    """Who the commit is from. `signing_key` is a private SSH or GPG key, or empty."""

    name: str
    email: str
    signing_key: str = ""

    def __repr__(self) -> str:
        return f"Identity({self.name!r}, {self.email!r})"


class Revert(Struct, frozen=True):
    """Takes back the commits after `good` up to `bad` that touch `path`, on top of `branch` (empty: the repository's
    default one). `push_to` is another branch for the result; empty means the same one."""

    branch: str
    good: str
    bad: str
    path: str
    subject: str
    push_to: str = ""


class Pushed(Struct, frozen=True):
    commit: str
    branch: str
    reverted: tuple[str, ...]


class _Repository(Struct, frozen=True):
    remote: Remote
    folder: Path
    env: Mapping[str, str]
    limits: GitLimits

    async def git(self, *arguments: str, env: Mapping[str, str] | None = None) -> GitAnswer:
        options = [part for setting in _SAFE for part in ("-c", setting)]
        return await run_git(
            [*options, *arguments],
            env={**self.env, **(env or {})},
            seconds=self.limits.fetch_seconds,
            output_bytes=self.limits.output_bytes,
            what=f"making a revert commit for {self.remote.url}",
            cwd=self.folder,
        )

    async def text(self, *arguments: str) -> str:
        answer = await self.git(*arguments)
        if answer.status != 0:
            raise failure(self.remote, answer.errors, answer.status)
        return answer.output.decode("utf-8", "replace").strip()


async def revert(
    access: RepositoryAccess,
    asked: Revert,
    identity: Identity,
    *,
    directory: Path,
    rewrites: Mapping[str, str] | None = None,
    limits: GitLimits | None = None,
) -> Pushed:
    """`directory` is for files that are gone afterwards. Raises Blocked where a person must decide."""
    directory = _prepared(directory)
    remote = remote_of(access.url, rewrites or {}, directory)
    if not (is_full_commit(asked.good) and is_full_commit(asked.bad)):
        raise Blocked("RevisionNotFound", "a revert needs the full ids of two commits")
    with tempfile.TemporaryDirectory(dir=directory) as private:
        work = Path(private) / "work"
        work.mkdir()
        with connection(remote, access, Path(private)) as env:
            found = _Repository(remote, work, env, limits or GitLimits())
            branch = await _checked_out(found, asked)
            commits = await _taken_back(found, asked)
            commit = await _committed(found, asked, identity, commits, Path(private))
            target = asked.push_to or branch
            await _push(found, target)
            return Pushed(commit, target, tuple(commits))


def _prepared(directory: Path) -> Path:
    """For its owner only: keys lie in it while git runs."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory.resolve()


async def _checked_out(found: _Repository, asked: Revert) -> str:
    """The branch, whose newest commit is checked out."""
    address = found.remote.address
    branch = asked.branch.removeprefix("refs/heads/")
    if branch in ("", "HEAD"):
        said = await found.text("ls-remote", "--symref", "--", address, "HEAD")
        branch = said.partition("ref: refs/heads/")[2].partition("\t")[0]
    for name in (branch, asked.push_to or branch):
        if not name or (await found.git("check-ref-format", f"refs/heads/{name}")).status != 0:
            raise Blocked("BranchInvalid", f"{name[:100]!r} is no name of a branch")
    await found.text("init", "--quiet")
    answer = await found.git("fetch", "--quiet", "--no-tags", "--", address, f"refs/heads/{branch}")
    if answer.status != 0 and "couldn't find remote ref" in answer.errors:
        raise Blocked(
            "NotABranch",
            f"repository {found.remote.url} has no branch {branch!r}: a fixed revision is changed in the Application",
        )
    if answer.status != 0:
        raise failure(found.remote, answer.errors, answer.status)
    await found.text("checkout", "--quiet", "--detach", "FETCH_HEAD")
    return branch


async def _taken_back(found: _Repository, asked: Revert) -> list[str]:
    """Reverts in the index, the newest commit first; answers which."""
    for commit, descendant in ((asked.good, asked.bad), (asked.bad, "HEAD")):
        if (await found.git("merge-base", "--is-ancestor", commit, descendant)).status != 0:
            raise Blocked(
                "HistoryRewritten",
                f"commit {commit} is not in the history of the branch any more: roll back without --revert",
            )
    path = asked.path.strip("/") or "."
    listing = await found.text("rev-list", "--first-parent", "--parents", f"{asked.good}..{asked.bad}", "--", path)
    commits = [line.split() for line in listing.splitlines()]
    if not commits or len(commits) > MOST_COMMITS:
        raise Blocked("NothingToRevert", f"{len(commits)} commits touch {path!r} between {asked.good} and {asked.bad}")
    for commit, *parents in commits:
        await _revert_one(found, commit, merge=len(parents) > 1)
    if (await found.git("diff", "--cached", "--quiet")).status == 0:
        raise Blocked("NothingToRevert", "the branch has taken these commits back already")
    return [commit for commit, *_ in commits]


async def _revert_one(found: _Repository, commit: str, *, merge: bool) -> None:
    answer = await found.git("revert", "--no-commit", *(["-m", "1"] if merge else []), commit)
    if answer.status == 0:
        return
    conflicts = await found.text("diff", "--name-only", "--diff-filter=U")
    if conflicts:
        names = ", ".join(conflicts.splitlines()[:5])
        raise Blocked(
            "RevertConflicts", f"commit {commit} cannot be taken back by itself: later commits changed {names}"
        )
    raise failure(found.remote, answer.errors, answer.status)


async def _committed(
    found: _Repository, asked: Revert, identity: Identity, commits: Sequence[str], private: Path
) -> str:
    message = "\n".join((asked.subject, "", *(f"This reverts commit {commit}." for commit in commits)))
    who = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", identity.name), ("EMAIL", identity.email))
    }
    async with signing(identity.signing_key, private) as (options, env):
        answer = await found.git(*options, "commit", "--quiet", "--message", message, env=who | env)
    if answer.status != 0:
        raise Blocked("CommitFailed", f"git cannot make the commit: {_last_line(answer.errors)}")
    return await found.text("rev-parse", "HEAD")


async def _push(found: _Repository, branch: str) -> None:
    answer = await found.git("push", "--quiet", "--", found.remote.address, f"HEAD:refs/heads/{branch}")
    if answer.status == 0:
        return
    if any(sign in answer.errors for sign in _REJECTED):
        raise Blocked(
            "PushRejected",
            f"repository {found.remote.url} does not take the commit on {branch!r}: it was pushed to meanwhile, or is "
            f"protected; try again, or name another branch with --branch ({_last_line(answer.errors)})",
        )
    raise failure(found.remote, answer.errors, answer.status)


def _last_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason given"
