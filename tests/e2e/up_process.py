"""`holdfast up` as a process of its own, and the hands of somebody who uses it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from holdfast.assembly.clusters import open_cluster
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import ApiError
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind

Found = TypeVar("Found")
DEPLOYMENT = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)
SERVICE = ResourceType("", "v1", "Service", "services", namespaced=True)
GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


class UpProcess:
    """One `holdfast up` on a data folder. Start it again after a kill and it carries on."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.output = data.parent / f"{data.name}.log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def kubeconfig(self) -> Path:
        return self.data / "kubeconfig"

    def start(self) -> Self:
        command = [sys.executable, "-m", "holdfast", "up", "--data", str(self.data), *self._options]
        environment = {**os.environ, "XDG_STATE_HOME": str(self.data.parent / "state"), "PYTHONUNBUFFERED": "1"}
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        return self

    def kill(self) -> None:
        """As the machine's power would: no handler runs."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def text(self) -> str:
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def run(self, work: Callable[[Cluster], Awaitable[Found]]) -> Found:
        """Runs `work` on its cluster."""

        async def session() -> Found:
            async with open_cluster(self.kubeconfig) as cluster:
                return await work(cluster)

        return asyncio.run(session())

    def eventually(self, ask: Callable[[Cluster], Awaitable[Found | None]], wanted: str, seconds: float = 60) -> Found:
        """The first answer that is something; fails with what the process printed when none comes in time."""

        async def asked() -> Found | None:
            """Opened anew each time: a process that was started again has another kubeconfig."""
            try:
                async with open_cluster(self.kubeconfig) as cluster:
                    return await ask(cluster)
            except ApiError as error:
                if error.status not in (0, 404) and error.status < 500:
                    raise
                return None

        async def bounded() -> Found:
            while True:
                assert self.is_running(), f"`holdfast up` ended:\n{self.text()[-4000:]}"
                answer = await asked() if self.kubeconfig.exists() else None
                if answer:
                    return answer
                await asyncio.sleep(0.1)

        async def run() -> Found:
            async with asyncio.timeout(seconds):
                return await bounded()

        try:
            return asyncio.run(run())
        except TimeoutError:
            raise AssertionError(f"{seconds:g} s passed without {wanted}\n{self.text()[-4000:]}") from None

    def application(self, name: str) -> KubeObject | None:
        return self.run(lambda cluster: cluster.get(APPLICATION, "argocd", name))

    def application_that(
        self, name: str, is_as_wished: Callable[[KubeObject], bool], wanted: str, seconds: float = 60
    ) -> KubeObject:
        async def ask(cluster: Cluster) -> KubeObject | None:
            app = await cluster.get(APPLICATION, "argocd", name)
            return app if app is not None and is_as_wished(app) else None

        try:
            return self.eventually(ask, f"application {name} {wanted}", seconds)
        except AssertionError as failure:
            if not self.is_running():
                raise
            raise AssertionError(f"{failure}\nit is: {(self.application(name) or {}).get('status')}") from None

    def create_application(self, name: str, source: Mapping[str, Any], **spec: Any) -> None:
        app = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": dict(source),
                "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]},
                **spec,
            },
        }
        self.run(lambda cluster: cluster.create(APPLICATION, app, field_manager="test"))

    def refresh(self, name: str) -> None:
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        self.run(
            lambda cluster: cluster.patch(APPLICATION, "argocd", name, body, PatchKind.MERGE, field_manager="test")
        )

    def holdfast(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, against this `up`."""
        command = [sys.executable, "-m", "holdfast", *arguments, "--kubeconfig", str(self.kubeconfig)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)


class WorkingCopy:
    """A clone of a repository, with the few things that a developer does."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder
        _git("clone", "--quiet", str(repository), str(folder))

    def push(self, message: str) -> str:
        """Commits everything and pushes; answers the commit."""
        _git("-C", str(self.folder), "add", "--all")
        _git("-C", str(self.folder), "commit", "--quiet", "--message", message)
        _git("-C", str(self.folder), "push", "--quiet", "origin", "HEAD")
        return _git("-C", str(self.folder), "rev-parse", "HEAD").strip()


def new_repository(folder: Path, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> Path:
    """A repository with one commit; `links` are symbolic links and where they point."""
    folder.mkdir(parents=True)
    _git("init", "--quiet", "--initial-branch=main", str(folder))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, target in (links or {}).items():
        (folder / name).symlink_to(target)
    _git("-C", str(folder), "add", "--all")
    _git("-C", str(folder), "commit", "--quiet", "--message", "First")
    return folder


def _git(*arguments: str) -> str:
    environment = {**os.environ, **GIT_IDENTITY}
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def is_settled(app: KubeObject) -> bool:
    """Synced, Healthy and nothing running."""
    status = app.get("status") or {}
    return (
        (status.get("sync") or {}).get("status") == "Synced"
        and (status.get("health") or {}).get("status") == "Healthy"
        and not app.get("operation")
        and (status.get("operationState") or {}).get("phase") != "Running"
    )


def condition_text(app: KubeObject) -> str:
    conditions = (app.get("status") or {}).get("conditions") or []
    return "\n".join(f"{condition['type']}: {condition['message']}" for condition in conditions)
