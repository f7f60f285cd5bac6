"""What `holdfast up` proposes to try works on what it has brought up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdfast.cli import hints

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "services"


@pytest.mark.parametrize("values", sorted(EXAMPLES.glob("*/helm/values.yaml")), ids=lambda path: path.parts[-3])
def test_the_change_to_commit_changes_each_example_service(values: Path) -> None:
    _, pattern, replacement, _ = hints.NEXT_TAG.split("/")
    before = values.read_text()
    assert re.sub(pattern, replacement, before) != before


def test_the_commands_name_the_first_application_that_has_a_deployment() -> None:
    deployment = {"kind": "Deployment", "namespace": "shop", "name": "web"}
    apps = {"root": {}, "web": {"status": {"resources": [deployment]}}}
    lines = hints.hints(Path("/data/kubeconfig"), Path("/data"), apps, is_example=True)
    assert "  holdfast app get web" in lines
    assert any("-n shop scale deployment web" in line for line in lines)
    assert any("/data/repositories/web.git" in line for line in lines)
