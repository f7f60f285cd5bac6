"""Renders the example charts as a service's repository holds them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from helm_python import Chart

from holdfast.assembly.example_repositories import SHARED_CHART, VENDORED_CHART, examples_directory
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.kube import KubeObject, kind_of, name_of

EXAMPLES = examples_directory()
CONFIGURATION = EXAMPLES / "infrastructure-configuration"
CHART = CONFIGURATION / SHARED_CHART
IMAGE = {"repository": "registry.example.com/team/app", "tag": "1.2.3"}


def read_yaml(file: Path) -> list[KubeObject]:
    return [document for document in load_all(file.read_text()) if document]


def merged(*layers: dict[str, Any]) -> dict[str, Any]:
    """Values as Helm lays files over one another."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = result.get(key)
            result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def rendered(chart: Path, values: dict[str, Any], name: str = "app", namespace: str = "team") -> list[KubeObject]:
    with Chart.load(chart) as loaded:
        texts = loaded.render(values, name=name, namespace=namespace)
    return [
        document
        for path, text in texts.items()
        if not path.rpartition("/")[2].startswith("_")
        for document in load_all(text)
        if document
    ]


def shared_chart(**values: Any) -> dict[str, KubeObject]:
    """The objects of the shared chart by `Kind/name`; the image is given where `values` has none."""
    return {f"{kind_of(obj)}/{name_of(obj)}": obj for obj in rendered(CHART, merged({"image": IMAGE}, values))}


def service_chart(service: str, folder: Path) -> Path:
    """The `helm/` of a service with the shared chart vendored into it."""
    root = folder / service
    shutil.copytree(EXAMPLES / "services" / service, root)
    shutil.copytree(CHART, root / VENDORED_CHART)
    return root / "helm"
