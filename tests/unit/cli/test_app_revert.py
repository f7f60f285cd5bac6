"""`app rollback --revert`, from the command's words to the commit in Git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.assembly.reverting import revert_in_git
from holdfast.cli.app.revert import identity_of
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.testing.builders import application_object
from tests.unit.adapters.git.origin import Origin
from tests.unit.controllers.application.harness import stage


def test_the_author_is_a_name_and_an_address() -> None:
    found = identity_of("Ada Lovelace <ada@example.com>", None)
    assert (found.name, found.email, found.signing_key) == ("Ada Lovelace", "ada@example.com", "")


@pytest.mark.parametrize("author", ["", "Ada", "ada@example.com", "Ada <ada>", "A\nda <ada@example.com>"])
def test_a_commit_of_nobody_is_refused(author: str) -> None:
    with pytest.raises(Blocked, match="--author"):
        identity_of(author, None)


def test_the_signing_key_is_read_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("planted")
    found = identity_of("Ada <ada@example.com>", tmp_path / "key")
    assert (found.signing_key, "planted" in repr(found)) == ("planted", False)
    with pytest.raises(Blocked, match="cannot be read"):
        identity_of("Ada <ada@example.com>", tmp_path / "none")


def application(url: str, revision: str, **source: Any) -> KubeObject:
    app = application_object("web")
    app["spec"]["source"] = {"repoURL": url, "path": "app", "targetRevision": "main", **source}
    return {**app, "status": {"sync": {"status": "Synced", "revision": revision}}}


@pytest.mark.real_time
async def test_the_commit_is_made_where_the_application_looks(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin")
    good = origin.commit(app__a="good")
    bad = origin.commit(app__a="bad")
    bare = tmp_path / "bare.git"
    origin.git("clone", "--quiet", "--bare", ".", str(bare))
    identity = identity_of("Ada <ada@example.com>", None)
    place = tmp_path / "place" / "kubeconfig"
    async with stage() as world:
        app = application(f"file://{bare}", bad)
        pushed = await revert_in_git(world.cluster, place, app, good, identity)
        origin.git("fetch", "--quiet", str(bare), "main")
        assert origin.git("show", "FETCH_HEAD:app/a") == "good"
        assert (pushed.branch, pushed.reverted) == ("main", (bad,))
        with pytest.raises(Blocked, match="a Git repository"):
            await revert_in_git(world.cluster, place, application("https://x", bad, chart="front"), good, identity)
