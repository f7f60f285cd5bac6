"""The engine under measurement, and the cluster that it works on as an audit log and a watch show it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, WatchKind
from tests.bench.process import cpu_seconds, proportional_bytes
from tests.e2e.up_process import is_settled

AUDIT_POLICY = (
    '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}'
)
# In MiB; a log that is begun anew could not be read on.
LARGEST_LOG = 10_000
POLL_SECONDS = 30
# A process is at rest when it has used less than this for so many seconds.
REST_CPU = 0.03
REST_SECONDS = 3
SAMPLE_SECONDS = 0.5
WRITES, CHANGES = FLOORS = ("the floor", "the floor of changes")


class AuditLog:
    """What the API server was asked by the engine, by verb and resource; dry runs and subresources apart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def flags(self, policy: Path) -> list[str]:
        policy.write_text(AUDIT_POLICY)
        log = [f"--audit-log-path={self._path}", "--audit-log-mode=batch", f"--audit-log-maxsize={LARGEST_LOG}"]
        return [f"--audit-policy-file={policy}", *log]

    def requests(self) -> Counter[str]:
        """Since the last call."""
        counts: Counter[str] = Counter()
        with self._path.open("rb") as log:
            log.seek(self._at)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._at += len(line)
                event = json.loads(line)
                if event.get("userAgent", "").startswith("holdfast/"):
                    dry = " (dry run)" if "dryRun=All" in event["requestURI"] else ""
                    counts[f"{event['verb']} {event.get('objectRef', {}).get('resource', 'others')}{dry}"] += 1
        return counts


class Applications:
    """The Applications of the cluster as a watch tells of them."""

    def __init__(self) -> None:
        self.known: dict[str, KubeObject] = {}
        self._changed = asyncio.Event()

    async def list(self, cluster: Cluster) -> str:
        """Answers the version to follow from."""
        listing = await cluster.list(APPLICATION, namespace="argocd")
        for obj in listing.items:
            self.known[obj.metadata.name] = obj.decode()
        return listing.resource_version

    async def follow(self, cluster: Cluster, version: str) -> None:
        while True:
            async for event in cluster.watch(APPLICATION, resource_version=version, namespace="argocd"):
                version = event.obj.metadata.resource_version
                if event.kind in (WatchKind.ADDED, WatchKind.MODIFIED):
                    self.known[event.obj.metadata.name] = event.obj.decode()
                    self._changed.set()

    async def until(self, is_as_wished: Callable[[KubeObject], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not all(map(is_as_wished, self.known.values())):
                self._changed.clear()
                await self._changed.wait()


def is_settled_at(revision: str) -> Callable[[KubeObject], bool]:
    return lambda app: is_settled(app) and app["status"]["sync"]["revision"] == revision


class Engine:
    """A command of `holdfast` as a process, which can be ended and started again; its log lies in the folder."""

    def __init__(self, kubeconfig: Path, folder: Path, *words: str, python: tuple[str, ...] = ()) -> None:
        self._command = [*(python or (sys.executable,)), "-m", "holdfast", *words, "--kubeconfig", str(kubeconfig)]
        self._folder = folder
        self.log = folder / "engine.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment())

    def _environment(self) -> dict[str, str]:
        """With compiled modules kept from the first start on, as an installation has them."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**inherited, "PYTHONPYCACHEPREFIX": str(self._folder / "compiled")}

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    async def until_at_rest(self, seconds: float) -> float:
        """The time at which the rest began."""
        async with asyncio.timeout(seconds):
            since, used = time.monotonic(), self.cpu()
            while time.monotonic() - since < REST_SECONDS:
                await asyncio.sleep(SAMPLE_SECONDS)
                now = self.cpu()
                if now - used > REST_CPU:
                    since, used = time.monotonic(), now
            return since


class Memory:
    """The most that a process has taken, sampled twice a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._peak = 0

    async def watch(self) -> None:
        while True:
            if self._engine.process is not None:
                self._peak = max(self._peak, proportional_bytes(self._engine.pid))
            await asyncio.sleep(SAMPLE_SECONDS)

    def peak(self) -> int:
        """Since the last call."""
        peak, self._peak = self._peak, 0
        return peak


class Measured(Struct):
    """One line of the table. `floors` are the seconds of those that it is compared with, by name."""

    what: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    requests: Counter[str] = Counter()
    floors: dict[str, float] = {}


@contextmanager
def running(engine: Engine) -> Iterator[Engine]:
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
