"""The first Application: the one that `holdfast up` applies, and from which all others come."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, IN_CLUSTER_SERVER


def environments(examples: Path) -> list[str]:
    return sorted(path.parent.name for path in _environments_folder(examples).glob("*/root.yaml"))


def example_root(examples: Path, environment: str, namespace: str) -> KubeObject:
    """The root Application of an environment of the example repository."""
    file = _environments_folder(examples) / environment / "root.yaml"
    if not file.is_file():
        there = ", ".join(environments(examples))
        raise Blocked("EnvironmentUnknown", f"there is no environment {environment!r}; there are: {there}")
    root = load_all(file.read_text(encoding="utf-8"))[0]
    return {**root, "metadata": {**root["metadata"], "namespace": namespace}}


def repository_root(
    repository: str, *, path: str, revision: str, include: str, namespace: str, destination_namespace: str
) -> KubeObject:
    """An Application that keeps the cluster at what one path of one repository says."""
    source: dict[str, Any] = {"repoURL": repository_url(repository), "path": path, "targetRevision": revision}
    if include:
        source["directory"] = {"recurse": True, "include": include}
    return {
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": {"name": application_name(repository), "namespace": namespace},
        "spec": {
            "project": "default",
            "source": source,
            "destination": {"server": IN_CLUSTER_SERVER, "namespace": destination_namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["CreateNamespace=true"],
            },
        },
    }


def repository_url(repository: str) -> str:
    """A local path becomes a file:// URL; a URL stays what it is."""
    if "://" in repository or re.match(r"^[\w.-]+@[\w.-]+:", repository):
        return repository
    folder = Path(repository).expanduser().absolute()
    if not folder.is_dir():
        raise Blocked("RepositoryNotFound", f"{repository} is no URL and there is no folder {folder}")
    return f"file://{folder}"


def application_name(repository: str) -> str:
    """The last part of the URL as a name that Kubernetes takes."""
    last = re.split(r"[/:]", repository.rstrip("/"))[-1].removesuffix(".git").lower()
    name = re.sub(r"[^a-z0-9-]+", "-", last).strip("-")
    return name[:53] or "root"


def _environments_folder(examples: Path) -> Path:
    return examples / "infrastructure-configuration" / "environments"
