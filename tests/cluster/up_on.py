"""`holdfast up --kubeconfig FILE` as a process of its own."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.up_process import UpProcess


class UpOn(UpProcess):
    """One on a cluster that is there already."""

    def __init__(self, cluster: Path, data: Path, *options: str) -> None:
        super().__init__(data, "--kubeconfig", str(cluster), "--yes", "--poll", "2", *options)
        self._cluster = cluster

    @property
    def kubeconfig(self) -> Path:
        return self._cluster

    def code(self, seconds: float) -> int:
        """How the process ended."""
        assert self._process is not None
        return self._process.wait(seconds)
