"""What a remote says about its refs, and which commit a target revision means by it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from msgspec import Struct

from holdfast.engine.lang import semver

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{7,63}")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_PEELED = "^{}"


class Refs(Struct, frozen=True):
    """`commits` maps full ref names to commits (annotated tags are peeled); `head` is the commit of HEAD or ""."""

    commits: Mapping[str, str]
    head: str = ""

    def names(self, prefix: str) -> list[str]:
        return [name.removeprefix(prefix) for name in self.commits if name.startswith(prefix)]


def parse_refs(output: bytes) -> Refs:
    """Reads the answer of `git ls-remote`."""
    commits: dict[str, str] = {}
    head = ""
    peeled: dict[str, str] = {}
    for line in output.decode("utf-8", "replace").splitlines():
        commit, tab, name = line.partition("\t")
        if not tab or not _FULL.fullmatch(commit):
            continue
        if name == "HEAD":
            head = commit
        elif name.endswith(_PEELED):
            peeled[name.removesuffix(_PEELED)] = commit
        else:
            commits[name] = commit
    return Refs(commits | peeled, head)


def is_full_commit(revision: str) -> bool:
    return _FULL.fullmatch(revision.lower()) is not None


def is_short_commit(revision: str) -> bool:
    return _SHORT.fullmatch(revision.lower()) is not None


def choose(refs: Refs, revision: str, tag_prefix: str = "") -> str | None:
    """The commit of a revision as far as refs alone can tell: HEAD, branch, tag, full ref name, semver range, and a
    short commit that is some ref's. For versions and ranges only tags with the prefix count; where none has the version
    itself, the ref of that very name does."""
    if revision in ("", "HEAD"):
        return refs.head or None
    if tag_prefix and semver.is_range(revision):
        tag = semver.highest_tag(refs.names(_TAGS), revision, tag_prefix)
        if tag is not None:
            return refs.commits[_TAGS + tag]
        if not semver.is_exact(revision):
            return _of_short_commit(refs, revision)
    for name in (revision, _HEADS + revision, _TAGS + revision):
        if name.startswith("refs/") and name in refs.commits:
            return refs.commits[name]
    if semver.is_range(revision):
        tag = semver.highest(refs.names(_TAGS), revision)
        if tag is not None:
            return refs.commits[_TAGS + tag]
    return _of_short_commit(refs, revision)


def _of_short_commit(refs: Refs, revision: str) -> str | None:
    if not is_short_commit(revision):
        return None
    found = {commit for commit in refs.commits.values() if commit.startswith(revision.lower())}
    return found.pop() if len(found) == 1 else None


def ref_of(refs: Refs, commit: str) -> str | None:
    """A ref that points at the commit right now: for servers that hand out refs only."""
    for name in sorted(refs.commits):
        if refs.commits[name] == commit and name.startswith((_HEADS, _TAGS)):
            return name
    return None


def missing_revision(url: str, refs: Refs, revision: str, tag_prefix: str = "") -> str:
    """What to tell when a revision means nothing."""
    if revision in ("", "HEAD"):
        return f"repository {url} has no commit yet: push one, or name a branch that exists in targetRevision"
    tags, branches = refs.names(_TAGS), refs.names(_HEADS)
    if semver.is_range(revision) and not is_short_commit(revision):
        some = f" It has {', '.join(sorted(tags)[-5:])}." if tags else " It has no tags."
        among = f" among those that begin with {tag_prefix!r}" if tag_prefix else ""
        return f"repository {url} has no tag in the range {revision!r}{among}.{some}"
    near = difflib.get_close_matches(revision, (branches + tags)[:2000], n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else " Check targetRevision."
    return f"repository {url} has no branch, tag or commit {revision!r}.{hint}"
