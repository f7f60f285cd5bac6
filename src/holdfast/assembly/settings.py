"""What a person can choose when starting Holdfast."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from holdfast.model.errors import Blocked
from holdfast.model.rendering import PluginPlaces

PLUGIN_SOCKETS = "/home/argocd/cmp-server/plugins"
"""Where the manifests of Argo CD put the sockets of plugins' sidecars."""


def plugin_places(
    definitions: Path | None, sockets: Path | None = None, ask_pass_socket: Path | None = None
) -> PluginPlaces:
    """The folder of `ask_pass_socket` is what counts. Raises Blocked."""
    if definitions is not None and not definitions.exists():
        raise Blocked("FolderNotFound", f"--plugins: there is no file or folder {definitions}")
    return PluginPlaces(
        str(sockets or PLUGIN_SOCKETS),
        str(definitions.absolute()) if definitions else "",
        str(ask_pass_socket.absolute().parent) if ask_pass_socket else "",
    )


def step_plugin_folder(folder: Path | None) -> Path | None:
    """Raises Blocked."""
    return _folder("--step-plugins", folder)


def metric_plugin_folder(folder: Path | None) -> Path | None:
    """Raises Blocked."""
    return _folder("--metric-plugins", folder)


def _folder(option: str, folder: Path | None) -> Path | None:
    if folder is not None and not folder.is_dir():
        raise Blocked("FolderNotFound", f"{option}: there is no folder {folder}")
    return folder.absolute() if folder is not None else None


class EngineSettings(Struct, frozen=True, kw_only=True):
    """How the engine works against a cluster. `poll_seconds` is how often repositories are asked for news; `listen` is
    where webhooks are taken in ("HOST:PORT"), "" for nowhere; `rollouts` is whether Rollouts are carried out, too;
    `plugins` is where config management plugins are, `step_plugins` the folder with those of Rollouts' steps,
    `metric_plugins` that with those of analyses;
    `self_service_notifications` is whether settings of notifications hold that stand beside a Rollout;
    `verify_load_balancers` is whether AWS is asked for the weights that ALBs serve; `monitoring` is where
    /metrics of Rollouts is answered ("HOST:PORT"), "" for nowhere; `instance_id` is the name of the controller of
    Rollouts among several."""

    namespace: str = "argocd"
    poll_seconds: int = 120
    render_workers: int = 2
    listen: str = ""
    rollouts: bool = True
    plugins: PluginPlaces = PluginPlaces(sockets=PLUGIN_SOCKETS)
    step_plugins: Path | None = None
    metric_plugins: Path | None = None
    self_service_notifications: bool = False
    verify_load_balancers: bool = False
    monitoring: str = ""
    instance_id: str = ""


class UpSettings(Struct, frozen=True, kw_only=True):
    """What `holdfast up` brings up.

    `kubeconfig` names a cluster that is there already; without it a sandbox is started. `repository` is a URL or a
    local path to keep the cluster at; without it the example repository is used, in `environment`. `speed` makes the
    sandbox's clock run that many times faster.
    """

    data: Path
    environment: str = "dev"
    kubeconfig: Path | None = None
    repository: str = ""
    path: str = "."
    revision: str = "HEAD"
    include: str = ""
    destination_namespace: str = "default"
    port: int = 0
    speed: float = 1.0
    engine: EngineSettings = EngineSettings(poll_seconds=10)
