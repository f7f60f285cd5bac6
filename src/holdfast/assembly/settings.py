"""What a person can choose when starting Holdfast."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class EngineSettings(Struct, frozen=True, kw_only=True):
    """How the engine works against a cluster. `poll_seconds` is how often repositories are asked for news; `listen` is
    where webhooks are taken in ("HOST:PORT"), "" for nowhere; `rollouts` is whether Rollouts are carried out, too."""

    namespace: str = "argocd"
    poll_seconds: int = 120
    render_workers: int = 2
    listen: str = ""
    rollouts: bool = True


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
