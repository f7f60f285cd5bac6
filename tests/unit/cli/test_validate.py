"""`holdfast validate` says which document of which file is wrong, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.cli.validate import validate

SOUND = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec: {project: default, destination: {}}
"""


def test_sound_file_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(SOUND)
    assert validate([str(file)]) == 0
    assert capsys.readouterr().out == f"{file}#1: Application shop: valid\n"


def test_error_names_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "apps.yaml"
    file.write_text(
        f"{SOUND}---\nkind: Application\nmetadata: {{name: bad}}\nspec: {{project: 1, destination: {{}}}}\n"
    )
    assert validate([str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"{file}#2: Application bad: invalid", "  spec/project: 1 is not of type 'string'"]


def test_kinds_of_others_are_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert validate([str(file)]) == 0
    assert capsys.readouterr().out == f"{file}#1: ConfigMap a: not judged, it is none of our kinds\n"


@pytest.mark.parametrize(
    "text", ["apiVersion: argoproj.io/v1alpha1\nkind: Aplication\n", "a: [", "- text\n", "kind: Deployment\n"]
)
def test_what_cannot_be_judged_ends_with_1(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    assert validate([str(file)]) == 1


def test_absent_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate([str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml: cannot be read: No such file" in capsys.readouterr().out
