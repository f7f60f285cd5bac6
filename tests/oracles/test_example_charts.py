"""The example's charts give what `helm template` gives."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from holdfast.model.errors import Blocked
from holdfast.model.source_options import HelmOptions
from tests.oracles.conftest import Render, ours

EXAMPLES = Path(__file__).parents[2] / "examples"
SHARED = EXAMPLES / "infrastructure-configuration" / "projects" / "templates" / "microservice" / "helm"
SERVICES = sorted(folder.name for folder in (EXAMPLES / "services").iterdir() if (folder / "helm").is_dir())
STAGES = {"dev": (), "stage": ("values-stage.yaml",), "prod": ("values-prod.yaml",)}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_with_the_shared_chart(service: str, stage: str, helm: Render, tmp_path: Path) -> None:
    """Holdfast finds the shared chart by what Chart.yaml says; Helm is given it in charts/."""
    repository = tmp_path / "repository"
    shutil.copytree(EXAMPLES / "services" / service, repository)
    judged = tmp_path / "judged"
    shutil.copytree(repository / "helm", judged)
    vendored(repository / "helm")
    vendored(judged)
    files = STAGES[stage]
    theirs = helm(judged, *(word for file in files for word in ("--values", str(judged / file))))
    assert len(theirs) > 2
    assert ours(repository, "helm", helm=HelmOptions(value_files=files)) == theirs


def vendored(folder: Path) -> None:
    chart = (folder / "Chart.yaml").read_text()
    name = re.search(r"^name: (\S+)", (SHARED / "Chart.yaml").read_text(), re.MULTILINE)
    assert name is not None
    if name[1] in chart:
        shutil.copytree(SHARED, folder / "charts" / name[1], dirs_exist_ok=True)


def test_the_shared_chart_without_an_image_is_refused_with_the_same_words(helm: Render) -> None:
    with pytest.raises(Blocked) as caught:
        ours(SHARED, ".")
    with pytest.raises(RuntimeError, match=re.escape(caught.value.message.partition(": ")[2])):
        helm(SHARED)
