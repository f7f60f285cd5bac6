"""What Holdfast and the programs make of one and the same folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.perform import perform
from holdfast.engine.lang import yaml_documents
from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.kube import KubeObject
from holdfast.model.rendering import RenderRequest
from tests.oracles import programs

KUBE_VERSION = "v1.31.2"
API_VERSIONS = ("keda.sh/v1alpha1", "monitoring.coreos.com/v1/ServiceMonitor")
RELEASE, NAMESPACE = "shop", "shop-prod"
Render = Callable[..., list[KubeObject]]


def lay(files: Mapping[str, str], root: Path) -> Path:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return root


def ordered(objects: list[KubeObject]) -> list[KubeObject]:
    """Holdfast gives objects by the names of their templates, Helm in the order of installing: both are sorted."""
    return sorted(objects, key=lambda obj: json.dumps(obj, sort_keys=True, default=str))


def ours(root: Path, path: str, *, settings: dict[str, str] | None = None, **source: Any) -> list[KubeObject]:
    request = RenderRequest(
        location=TreeLocation(str(root), "0123456789abcdef0123456789abcdef01234567"),
        source=ApplicationSource(repo_url="https://git.example/shop.git", path=path, **source),
        app_name=RELEASE,
        app_namespace="argocd",
        project="default",
        namespace=NAMESPACE,
        kube_version=KUBE_VERSION,
        api_versions=API_VERSIONS,
        settings=settings or {},
    )
    return ordered(list(perform(open_local_tree, request, programs.CACHE).objects))


def documents(text: bytes) -> list[KubeObject]:
    return ordered([one for one in yaml_documents.load_all(text) if one])


def output(command: list[str], home: Path) -> bytes:
    """Raises what the program says when it fails."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "HELM_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(command, capture_output=True, timeout=50, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def tool(name: str) -> str:
    try:
        return str(programs.program(name))
    except programs.Absent as reason:
        pytest.skip(str(reason))


@pytest.fixture
def helm(tmp_path: Path) -> Render:
    """`helm template` of the folder, with its further arguments."""

    def template(folder: Path, *arguments: str) -> list[KubeObject]:
        place = ["--namespace", NAMESPACE, "--kube-version", KUBE_VERSION, "--include-crds"]
        capabilities = [word for one in API_VERSIONS for word in ("--api-versions", one)]
        command = [tool("helm"), "template", RELEASE, str(folder), *place, *capabilities, *arguments]
        return documents(output(command, tmp_path / "home"))

    return template


@pytest.fixture
def kustomize(tmp_path: Path) -> Render:
    """`kubectl kustomize` of the folder, with its further arguments."""

    def build(folder: Path, *arguments: str) -> list[KubeObject]:
        return documents(output([tool("kubectl"), "kustomize", str(folder), *arguments], tmp_path / "home"))

    return build
