"""Charts that others have published give what `helm template` gives, with each of their values files."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from holdfast.model.source_options import HelmOptions
from tests.oracles.conftest import Render, ours

# Data alone: nothing of them is imported.
PACKAGES = ("ragleap-app-chart", "ragleap-ops", "ragleap-observability")


def folder_of(package: str) -> Path:
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"the package {package}, which carries a chart, is not installed")
    return next(Path(str(file.locate())).parent for file in files if file.name == "Chart.yaml")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_published_chart(package: str, helm: Render) -> None:
    folder = folder_of(package)
    for file in sorted(path.name for path in folder.glob("values*.yaml")):
        theirs = helm(folder, "--values", str(folder / file))
        assert theirs
        assert ours(folder, ".", helm=HelmOptions(value_files=(file,))) == theirs, file
