"""Which applications a change concerns."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.webhooks.addresses import same_repository
from holdfast.engine.webhooks.concerned import concern, generate_paths
from holdfast.model.application import Application
from holdfast.model.webhook import ArtifactChange, RefChange
from holdfast.testing.builders import REPOSITORY, application_object


def app(revision: str = "main", *, annotation: str = "", **source: Any) -> Application:
    obj = application_object(source={"repoURL": REPOSITORY, "path": "app", "targetRevision": revision, **source})
    if annotation:
        obj["metadata"]["annotations"] = {"argocd.argoproj.io/manifest-generate-paths": annotation}
    return msgspec.convert(obj, Application)


@pytest.mark.parametrize(
    ("revision", "ref", "head", "concerned"),
    [
        ("main", "refs/heads/main", True, True),
        ("main", "refs/heads/other", True, False),
        ("HEAD", "refs/heads/main", True, True),
        ("HEAD", "refs/heads/other", False, False),
        ("", "refs/heads/main", True, True),
        ("1.x", "refs/tags/v1.4.0", False, True),
        ("1.x", "refs/tags/v2.0.0", False, False),
        ("1.x", "refs/heads/main", False, False),
        ("feature/x", "refs/heads/feature/x", False, True),
        ("x", "refs/heads/feature/x", False, False),
    ],
)
def test_an_application_follows_a_ref(revision: str, ref: str, head: bool, concerned: bool) -> None:
    assert concern(app(revision), RefChange((REPOSITORY,), ref, touched_head=head)).refresh is concerned


@pytest.mark.parametrize(
    ("annotation", "files", "concerned"),
    [
        (".", ("app/a.yaml",), True),
        (".", ("other/a.yaml",), False),
        ("../shared", ("shared/a.yaml",), True),
        ("/shared", ("shared/a.yaml",), True),
        ("/shared;.", ("app/a.yaml",), True),
        ("/shared", ("sharedness/a.yaml",), False),
        ("/apps/*/values.yaml", ("apps/web/values.yaml",), True),
        ("/apps/*/values.yaml", ("apps/web/deep/values.yaml",), False),
        (".", None, True),
        ("", ("other/a.yaml",), True),
        ("../../..", ("anything",), True),
    ],
)
def test_the_annotation_names_what_an_application_reads(
    annotation: str, files: tuple[str, ...] | None, concerned: bool
) -> None:
    change = RefChange((REPOSITORY,), "main", files=files)
    assert concern(app(annotation=annotation), change).refresh is concerned


def test_relative_paths_begin_at_the_source() -> None:
    assert generate_paths(".;../lib; /top ;", "a/b") == ("a/b", "a/lib", "top")


@pytest.mark.parametrize(
    ("source", "tag", "concerned"),
    [
        ({"repoURL": "ghcr.io/team", "chart": "web", "path": ""}, "1.2.0", True),
        ({"repoURL": "oci://ghcr.io/team/web"}, "1.9.0", True),
        ({"repoURL": "ghcr.io/team", "chart": "web", "path": ""}, "2.0.0", False),
        ({"repoURL": "ghcr.io/team", "chart": "other", "path": ""}, "1.2.0", False),
    ],
)
def test_a_new_tag_concerns_who_admits_it(source: dict[str, str], tag: str, concerned: bool) -> None:
    assert concern(app("1.x", **source), ArtifactChange("ghcr.io/team/web", tag)).refresh is concerned


@pytest.mark.parametrize(
    ("revision", "tag", "concerned"),
    [
        ("v1", "v1", True),
        ("v1", "v1.2.3", False),
        ("v1", "1.2.3", False),
        ("1", "1.2.3", True),
        ("1.2.3", "1.2.3-rc.1", False),
        ("^v1", "v1.2.3", True),
        ("stable", "stable", True),
        ("stable", "1.2.3", False),
    ],
)
def test_a_tag_that_is_resolved_at_its_word_is_not_read_as_a_range(revision: str, tag: str, concerned: bool) -> None:
    found = concern(app(revision, repoURL="oci://ghcr.io/team/web"), ArtifactChange("ghcr.io/team/web", tag))
    assert found.refresh is concerned


@pytest.mark.parametrize(
    ("revision", "tag", "concerned"),
    [
        ("1.x", "web-1.2.0", True),
        ("1.x", "web-2.0.0", False),
        ("1.x", "1.2.0", False),
        ("1.x", "api-1.2.0", False),
        ("1.2.0", "web-1.2.0", True),
        ("1.2.0", "1.2.0", True),
        ("1.2.0", "web-1.2.1", False),
        ("web-1.2.0", "web-1.2.0", True),
    ],
)
def test_with_a_prefix_other_tags_concern_nobody(revision: str, tag: str, concerned: bool) -> None:
    git, artifact = app(revision, tagPrefix="web-"), app(revision, repoURL="oci://ghcr.io/team/web", tagPrefix="web-")
    pushed = RefChange((REPOSITORY,), f"refs/tags/{tag}", touched_head=False)
    assert concern(git, pushed).refresh is concerned
    assert concern(artifact, ArtifactChange("ghcr.io/team/web", tag)).refresh is concerned


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("https://dev.azure.com/org/team/_git/web", "git@ssh.dev.azure.com:v3/org/team/web", True),
        ("https://dev.azure.com/org/team/_git/web", "https://org.visualstudio.com/team/_git/web", True),
        (
            "https://dev.azure.com/org/team/_git/web",
            "https://org.visualstudio.com/DefaultCollection/team/_git/web",
            True,
        ),
        ("https://dev.azure.com/org/team/_git/web", "org@vs-ssh.visualstudio.com:v3/org/team/web", True),
        ("https://dev.azure.com/org/team/_git/web", "https://other.visualstudio.com/team/_git/web", False),
        ("https://bitbucket.org/oro-codebase/web", "git@bitbucket.org:oro-codebase/web.git", True),
        ("https://bitbucket.org/oro-codebase/web", "git@bitbucket.org:oro-codebase/web2.git", False),
        ("https://gitlab.com/a/b", "ssh://git@altssh.gitlab.com:443/a/b.git", True),
        ("https://evil.example.com/a/b", "https://example.com/a/b", False),
        ("file:///srv/web.git", "file:///srv/web.git", False),
        ("https://[::1", "https://[::1", False),
    ],
)
def test_one_repository_has_many_addresses(left: str, right: str, same: bool) -> None:
    assert same_repository(left, right) is same
