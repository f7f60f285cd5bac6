"""Which cluster a command works on, and the client for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from holdfast.assembly.places import DataPlace, last_place_used
from holdfast.model.errors import Blocked
from holdfast.ports.cluster import Cluster

Result = TypeVar("Result")
FIELD_MANAGER = "holdfast-cli"
"""What the writes of the command line are signed with."""
CONTEXT_VARIABLE = "HOLDFAST_CONTEXT"
"""Names a context of the kubeconfig; by default its current one."""

AS_VARIABLE = "HOLDFAST_AS"
AS_GROUPS_VARIABLE = "HOLDFAST_AS_GROUPS"
"""A user, and groups with commas between them, that are impersonated where the command itself names none."""


def find_kubeconfig(given: Path | None) -> Path:
    """The file given, else $HOLDFAST_KUBECONFIG, else that of the `up` of this folder, else of the last `up`.

    $KUBECONFIG is not read: a command that changes things never finds its cluster by accident.
    """
    chosen = given or (Path(os.environ["HOLDFAST_KUBECONFIG"]) if os.environ.get("HOLDFAST_KUBECONFIG") else None)
    if chosen is not None:
        return _existing(chosen)
    for folder in (Path.cwd(), *Path.cwd().parents):
        place = DataPlace(folder / ".holdfast")
        if place.kubeconfig.is_file():
            return place.kubeconfig
    last = last_place_used()
    if last is not None and last.kubeconfig.is_file():
        return last.kubeconfig
    raise Blocked(
        "NoCluster",
        "no cluster to work on: start one with `holdfast up`, or name one with --kubeconfig FILE "
        "(or $HOLDFAST_KUBECONFIG)",
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Blocked("KubeconfigMissing", f"there is no kubeconfig file at {path}")
    return path


@asynccontextmanager
async def connect(
    kubeconfig: Path | None, *, as_user: str = "", as_groups: tuple[str, ...] = ()
) -> AsyncIterator[Cluster]:
    from holdfast.assembly.clusters import open_cluster

    context, file = os.environ.get(CONTEXT_VARIABLE, ""), find_kubeconfig(kubeconfig)
    if not as_user:
        as_user = os.environ.get(AS_VARIABLE, "")
        as_groups = tuple(filter(None, os.environ.get(AS_GROUPS_VARIABLE, "").split(",")))
    if as_groups and not as_user:
        raise Blocked("NoUser", f"groups are impersonated with a user: ${AS_GROUPS_VARIABLE} needs ${AS_VARIABLE}")
    async with open_cluster(file, context=context, as_user=as_user, as_groups=as_groups) as cluster:
        yield cluster


def with_cluster(
    kubeconfig: Path | None,
    work: Callable[[Cluster], Awaitable[Result]],
    *,
    as_user: str = "",
    as_groups: tuple[str, ...] = (),
) -> Result:
    """Runs `work` on the cluster and closes the connection behind it."""

    async def session() -> Result:
        async with connect(kubeconfig, as_user=as_user, as_groups=as_groups) as cluster:
            return await work(cluster)

    try:
        return asyncio.run(session())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
