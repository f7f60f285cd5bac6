"""Brings everything up in one process: sandbox (or a given cluster), repositories, settings, engine."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct

from holdfast.assembly import bootstrap, example_repositories, logs, places, roots
from holdfast.assembly.clusters import open_cluster
from holdfast.assembly.engine_process import run_engine
from holdfast.assembly.places import DataPlace
from holdfast.assembly.sandbox_process import running_sandbox
from holdfast.assembly.settings import UpSettings
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of
from holdfast.ports.cluster import Cluster

Say = Callable[[str], None]
Confirm = Callable[[list[bootstrap.PlannedChange]], bool]


class Running(Struct, frozen=True):
    """What is up. Each of `tasks` ends only by failing or by being cancelled."""

    cluster: Cluster
    kubeconfig: Path
    root: str
    tasks: tuple[asyncio.Task[None], ...]


@asynccontextmanager
async def running_up(settings: UpSettings, say: Say, confirm: Confirm) -> AsyncIterator[Running]:
    """Everything, until the block is left. Raises Blocked when it cannot start."""
    place = DataPlace(settings.data)
    place.prepare()
    logs.to_file(place.log)
    examples = example_repositories.examples_directory()
    async with AsyncExitStack() as stack:
        stack.enter_context(_only_one(place))
        cluster, kubeconfig, simulators = await _cluster(stack, settings, place, examples, say)
        rewrites, root = _sources(settings, place, examples, say)
        wanted = [*bootstrap.foundation(settings.engine.namespace, poll_seconds=settings.engine.poll_seconds)]
        if not settings.repository:
            wanted += await _example_definitions(cluster, examples, settings)
        changes = await bootstrap.plan(cluster, [*wanted, root])
        if changes and not confirm(changes):
            raise Blocked("NotConfirmed", "nothing was changed")
        await bootstrap.carry_out(cluster, changes, lambda _: None)
        if changes:
            say(f"Prepared the cluster: {summary(changes)}")
        engine = asyncio.create_task(run_engine(cluster, place, settings.engine, rewrites), name="engine")
        places.remember(place)
        try:
            yield Running(cluster, kubeconfig, name_of(root), (engine, *simulators))
        finally:
            engine.cancel()
            await asyncio.gather(engine, return_exceptions=True)


def summary(changes: list[bootstrap.PlannedChange]) -> str:
    """`8 CustomResourceDefinitions, 1 Namespace`."""
    counts: dict[str, int] = {}
    for change in changes:
        kind = str(change.obj["kind"])
        counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items())


async def _cluster(
    stack: AsyncExitStack, settings: UpSettings, place: DataPlace, examples: Path, say: Say
) -> tuple[Cluster, Path, tuple[asyncio.Task[None], ...]]:
    if settings.kubeconfig is not None:
        cluster = await stack.enter_async_context(open_cluster(settings.kubeconfig))
        version = (await cluster.discover()).kubernetes_version
        say(f"Cluster of {settings.kubeconfig}: Kubernetes {version}")
        return cluster, settings.kubeconfig, ()
    secrets = examples / "cloud-secrets.yaml"
    cluster, url, simulators = await stack.enter_async_context(
        running_sandbox(place, port=settings.port, speed=settings.speed, secrets_file=secrets)
    )
    say(f"Sandbox cluster at {url}, kubeconfig {_short(place.kubeconfig)}")
    return cluster, place.kubeconfig, (simulators,)


def _sources(settings: UpSettings, place: DataPlace, examples: Path, say: Say) -> tuple[dict[str, str], KubeObject]:
    """The rewrites of repository URLs, and the root Application."""
    namespace = settings.engine.namespace
    if settings.repository:
        place.write_rewrites({})
        root = roots.repository_root(
            settings.repository,
            path=settings.path,
            revision=settings.revision,
            include=settings.include,
            namespace=namespace,
            destination_namespace=settings.destination_namespace,
        )
        say(f"Repository {root['spec']['source']['repoURL']}, path {settings.path}")
        return {}, root
    root = roots.example_root(examples, settings.environment, namespace)
    rewrites = dict(example_repositories.publish(examples, place.repositories))
    place.write_rewrites(rewrites)
    names = sorted(folder.name for folder in place.repositories.glob("*.git"))
    say(f"{len(names)} Git repositories in {_short(place.repositories)}: {', '.join(names)}")
    for prefix in rewrites:
        say(f"{prefix}… is read from there")
    return rewrites, root


async def _example_definitions(cluster: Cluster, examples: Path, settings: UpSettings) -> list[KubeObject]:
    """Definitions of the Istio, KEDA and External Secrets kinds; on a given cluster only those that it lacks."""
    found = [
        document
        for file in sorted((examples / "crds").glob("*.yaml"))
        for document in load_all(file.read_text(encoding="utf-8"))
        if isinstance(document, dict)
    ]
    if settings.kubeconfig is None:
        return found
    missing = {
        name_of(change.obj) for change in await bootstrap.plan(cluster, found) if change.change.value == "create"
    }
    return [definition for definition in found if name_of(definition) in missing]


@contextmanager
def _only_one(place: DataPlace) -> Iterator[None]:
    """Two processes must not write the same folder: the second is told so."""
    with place.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Blocked(
                "AlreadyUp",
                f"another `holdfast up` (process {lock.read().strip() or 'unknown'}) uses {place.root}: "
                "end it, or choose another folder with --data",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _short(path: Path) -> str:
    """Relative to the current folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
