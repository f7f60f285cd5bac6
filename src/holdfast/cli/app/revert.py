"""`holdfast app rollback --revert`: the way back as a commit in Git."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER
from holdfast.cli.connection import find_kubeconfig
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.names import Annotation, RefreshKind
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind

if TYPE_CHECKING:
    from holdfast.assembly.reverting import Identity

AUTHOR = re.compile(r"\s*([^<>\x00-\x1f]+?)\s*<([^<>\s\x00-\x1f]+@[^<>\s\x00-\x1f]+)>\s*")
LARGEST_KEY = 64 * 1024


def identity_of(author: str, signing_key: Path | None) -> Identity:
    """Raises Blocked when the author is no `Name <address>`, or the key cannot be read."""
    from holdfast.assembly.reverting import Identity

    found = AUTHOR.fullmatch(author)
    if found is None:
        raise Blocked("OptionInvalid", "--revert needs --author 'NAME <ADDRESS>': who the commit is from")
    key = ""
    if signing_key is not None:
        try:
            key = signing_key.read_text(encoding="utf-8")[:LARGEST_KEY]
        except (OSError, UnicodeDecodeError) as error:
            raise Blocked("OptionInvalid", f"the signing key {signing_key} cannot be read") from error
    return Identity(found[1], found[2], key)


async def revert(
    cluster: Cluster, kubeconfig: Path | None, app: KubeObject, good: str, identity: Identity, branch: str
) -> None:
    """Says what was pushed, and has the controller look at once when it was to the Application's own branch."""
    from holdfast.assembly.reverting import revert_in_git

    pushed = await revert_in_git(cluster, find_kubeconfig(kubeconfig), app, good, identity, push_to=branch)
    for commit in pushed.reverted:
        typer.echo(f"takes back {commit}")
    typer.echo(f"pushed {pushed.commit} to {pushed.branch}")
    source = (applications.sources_of(app) or [{}])[0]
    if pushed.branch == source.get("targetRevision") or not branch:
        body = {"metadata": {"annotations": {Annotation.REFRESH.value: RefreshKind.NORMAL.value}}}
        await cluster.patch(
            APPLICATION, namespace_of(app), name_of(app), body, PatchKind.MERGE, field_manager=FIELD_MANAGER
        )
