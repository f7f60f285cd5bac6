"""The settings that a command tries: of the cluster, or of files before they are committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import typer
from msgspec import Struct

from holdfast.cli.connection import with_cluster
from holdfast.cli.files import read_documents
from holdfast.cli.rollout import rollouts
from holdfast.engine.notify import settings
from holdfast.engine.notify.settings import Settings
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, kind_of, name_of
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.cluster import Cluster

EMPTY = ":empty"
FILES = (".yaml", ".yml", ".json")

Result = TypeVar("Result")

ConfigMapOption = typer.Option("", "--config-map", help="A file with the ConfigMap; by default that of the cluster.")
SecretOption = typer.Option(
    "", "--secret", help="A file with the Secret, or :empty for none; by default that of the cluster."
)
PlaceOption = typer.Option(
    "", "--settings-namespace", help="Where the settings are; by default argo-rollouts, else argocd."
)
RolloutArgument = typer.Argument(
    ..., metavar="ROLLOUT", help="`name`, `namespace/name`, or a file with a Rollout as `get -o yaml` prints it."
)


class Sources(Struct, frozen=True):
    """As the options say; "" is the cluster's."""

    config_map: str
    secret: str
    place: str
    kubeconfig: Path | None
    namespace: str


class Trial(Struct, frozen=True):
    """`rollout` is None where the command is about none; `more` are what else expressions and templates see."""

    settings: Settings
    secrets: Mapping[str, str]
    rollout: KubeObject | None = None
    more: Mapping[str, Any] = {}

    @property
    def about(self) -> dict[str, Any]:
        assert self.rollout is not None  # noqa: S101 - asked for
        return {"rollout": self.rollout, **self.more}


def on_trial(
    sources: Sources, work: Callable[[Trial], Awaitable[Result]], *, rollout: str = "", secrets: bool = False
) -> Result:
    """Runs `work`; no cluster is asked where files say everything. Raises Blocked."""
    is_filed = rollout.endswith(FILES) or rollout == "-" or not rollout

    async def opened(cluster: Cluster | None) -> Result:
        found = None
        if rollout:
            found = _rollout_of(rollout) if is_filed else await _read(cluster, rollout, sources.namespace)
        data, place = await _config_map(cluster, sources)
        known = await _secrets(cluster, sources, place) if secrets else {}
        more = await _more(cluster, found, data) if found is not None else {}
        return await work(Trial(_told(settings.read(data)), known, found, more))

    if sources.config_map and is_filed and (sources.secret or not secrets):
        return asyncio.run(opened(None))
    return with_cluster(sources.kubeconfig, opened)


def _told(found: Settings) -> Settings:
    for problem in found.problems:
        typer.echo(f"warning: {problem}", err=True)
    return found


async def _read(cluster: Cluster | None, name: str, namespace: str) -> KubeObject:
    assert cluster is not None  # noqa: S101 - opened, since no file was named
    return await rollouts.read_object(cluster, name, namespace)


async def _more(cluster: Cluster | None, rollout: KubeObject, data: Mapping[str, str]) -> dict[str, Any]:
    """Without a cluster there are no runs."""
    from holdfast.controllers.notification import release_runs

    if cluster is None:
        return {release_runs.VARIABLE: []}
    return await release_runs.variables(cluster, rollout, data.values())


def _rollout_of(file: str) -> KubeObject:
    return _of_kind(file, "Rollout")


def _of_kind(file: str, kind: str, name: str = "") -> KubeObject:
    """The one of that name where there are several."""
    found = [one for one in read_documents(file) if kind_of(one) == kind]
    if len(found) > 1 and name:
        found = [one for one in found if name_of(one) == name]
    if len(found) != 1:
        raise Blocked("NotOne", f"{file}: has {len(found)} objects of kind {kind}, and one is needed")
    return found[0]


async def _config_map(cluster: Cluster | None, sources: Sources) -> tuple[Mapping[str, str], str]:
    """Its data, and the namespace in which it stands."""
    from holdfast.assembly.rollout_namespaces import NAMESPACES
    from holdfast.controllers.notification.subject import ROLLOUTS

    places = (sources.place,) if sources.place else NAMESPACES
    if sources.config_map:
        data = _of_kind(sources.config_map, CONFIG_MAP.kind, ROLLOUTS.config_map).get("data") or {}
        return {key: str(value) for key, value in data.items()}, ""
    assert cluster is not None  # noqa: S101 - opened, since no file was named
    for place in places:
        found = await cluster.get(CONFIG_MAP, place, ROLLOUTS.config_map)
        if found is not None:
            return found.get("data") or {}, place
    raise Blocked(
        "NoSettings",
        f"there is no ConfigMap {ROLLOUTS.config_map} in namespace {' or '.join(places)}: "
        "create it, or try a file with --config-map FILE",
    )


async def _secrets(cluster: Cluster | None, sources: Sources, place: str) -> Mapping[str, str]:
    from holdfast.assembly.rollout_namespaces import NAMESPACES
    from holdfast.controllers.notification.configured import decoded
    from holdfast.controllers.notification.subject import ROLLOUTS

    if sources.secret == EMPTY:
        return {}
    if sources.secret:
        return decoded(_of_kind(sources.secret, SECRET.kind, ROLLOUTS.secret))
    assert cluster is not None  # noqa: S101 - opened, since no file was named
    for namespace in (place,) if place else (sources.place,) if sources.place else NAMESPACES:
        found = await cluster.get(SECRET, namespace, ROLLOUTS.secret)
        if found is not None:
            return decoded(found)
    return {}
