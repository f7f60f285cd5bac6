"""Which commits have come since others, from a mirror that may hold a part of the history alone."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.adapters.git.mirror import Mirror
from holdfast.adapters.git.refs import is_full_commit
from holdfast.model.errors import Transient


async def commits_since(mirror: Mirror, commit: str, since: Iterable[str], most: int) -> tuple[str, ...] | None:
    """Those that the commit is made of and none of `since`, newest first; of more than `most` one more than that. Of
    `since` those count that are here. None when the history is cut off before its end."""
    known = [one for one in since if is_full_commit(one) and mirror.find(one) is not None]
    answer = await mirror.git(
        ["rev-list", f"--max-count={most + 1}", commit, *(f"^{one}" for one in known)],
        what="reading the history of a mirror",
    )
    if answer.status != 0:
        raise Transient("RepositoryDamaged", f"the history of commit {commit[:12]} is not whole on disk")
    found = tuple(answer.output.decode("ascii").split())
    return None if mirror.cut_off() & set(found) else found
