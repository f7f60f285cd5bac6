"""What `holdfast plan` is asked with."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from holdfast.cli.main import command_line
from holdfast.cli.plan import exit_code
from holdfast.model.keys import NamespacedName
from holdfast.model.preview import AppPreview, ChangeKind, Preview

AT = ("plan", "--repo", "https://github.com/acme/web")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--revision"),
        (("--revision", "main", "--pr", "1"), "--revision"),
        (("--pr", "1", "--base", "main"), "--revision"),
        (("--revision", "main", "--post"), "--pr"),
    ],
)
def test_a_revision_or_a_pull_request_and_only_that_can_be_posted(options: tuple[str, ...], said: str) -> None:
    ended = CliRunner().invoke(command_line("plan"), [*AT, *options], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert ended.exit_code == 2
    assert said in ended.output


@pytest.mark.parametrize(
    ("apps", "code"),
    [
        ((), 0),
        ((AppPreview(NamespacedName("argocd", "web"), kind=ChangeKind.CREATE),), 2),
        ((AppPreview(NamespacedName("argocd", "web"), problem="line 3"),), 1),
    ],
)
def test_it_ends_with_what_it_found(apps: tuple[AppPreview, ...], code: int) -> None:
    assert exit_code(Preview("https://github.com/acme/web", "a", "b", apps)) == code
