"""Turns the example folders into real bare Git repositories."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pygit2

ADDRESS = "git@bitbucket.org:oro-codebase/"
CONFIGURATION = "infrastructure-configuration"
SHARED_CHART = "projects/templates/microservice/helm"
VENDORED_CHART = "helm/charts/orofi-application"

_BRANCH = "refs/heads/main"
_AUTHOR = pygit2.Signature("Holdfast examples", "examples@holdfast.dev", 1767225600, 0)  # 2026-01-01
_MESSAGE = "Begin\n"


def examples_directory() -> Path:
    """The folder `examples` of the checkout, or its copy in the installed package."""
    installed = Path(__file__).parent / "example_data"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "examples"


def publish(examples: Path, target: Path) -> Mapping[str, str]:
    """One bare repository for the configuration and one for each service, below `target`.

    A repository that is there already is left alone, with whatever was pushed to it. The answer maps the address of the
    examples to the folder, as GitRepositories takes it.
    """
    target.mkdir(parents=True, exist_ok=True)
    configuration = examples / CONFIGURATION
    _publish(target / f"{CONFIGURATION}.git", dict(_files(configuration)))
    for service in sorted((examples / "services").iterdir()):
        if service.is_dir():
            # What `helm dependency build` and a commit would have left there.
            chart = {f"{VENDORED_CHART}/{path}": file for path, file in _files(configuration / SHARED_CHART)}
            _publish(target / f"{service.name}.git", dict(_files(service)) | chart)
    return {ADDRESS: f"{target.resolve()}/"}


def _publish(repository: Path, files: Mapping[str, Path]) -> None:
    """Made aside and put in place whole, so that a start that was killed leaves no half repository."""
    if repository.exists():
        return
    for left in repository.parent.glob(f".{repository.name}.*"):
        shutil.rmtree(left)
    aside = Path(tempfile.mkdtemp(prefix=f".{repository.name}.", dir=repository.parent))
    made = pygit2.init_repository(str(aside), bare=True, initial_head="main")
    made.config["uploadpack.allowAnySHA1InWant"] = True
    index = pygit2.Index()
    for path, file in files.items():
        mode = pygit2.enums.FileMode.BLOB_EXECUTABLE if os.access(file, os.X_OK) else pygit2.enums.FileMode.BLOB
        index.add(pygit2.IndexEntry(path, made.create_blob(file.read_bytes()), mode))
    made.create_commit(_BRANCH, _AUTHOR, _AUTHOR, _MESSAGE, index.write_tree(made), [])
    made.free()
    aside.chmod(0o755)
    aside.rename(repository)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file
