"""URLs before git sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.adapters.git.connection import environment
from holdfast.adapters.git.remote import remote_of
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess

MIRRORS = Path("/data/mirrors")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-uupload-pack=touch x",
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "fd::17",
        "ssh://-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "-oProxyCommand=x@host:path",
        "https://host/a\nb",
        "ftp://host/x",
        "relative/path",
        "file://relative",
        "https://" + "x" * 3000,
        "/data/mirrors/0123/1.git",
        "file:///data/mirrors",
        "file:///data/other/../mirrors/x",
    ],
)
def test_what_is_no_place_is_refused(url: str) -> None:
    with pytest.raises(Blocked) as caught:
        remote_of(url, {}, MIRRORS)
    assert caught.value.reason == "RepositoryURLInvalid"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("git@bitbucket.org:oro-codebase/app.git", "/srv/app.git"),
        ("git@bitbucket.org:oro-codebase/special/app.git", "/special/app.git"),
        ("git@bitbucket.org:other/app.git", "git@bitbucket.org:other/app.git"),
        ("https://ada:pw@host/x.git", "https://host/x.git"),
        ("file:///srv/a%20b", "/srv/a b"),
    ],
)
def test_rewrites_come_first_and_the_longest_wins(url: str, address: str) -> None:
    rewrites = {"git@bitbucket.org:oro-codebase/": "/srv/", "git@bitbucket.org:oro-codebase/special/": "/special/"}
    assert remote_of(url, rewrites, MIRRORS).address == address


def test_spellings_of_one_repository_share_a_mirror() -> None:
    urls = ("git@Host.org:team/app.git", "ssh://git@host.org/team/app", "ssh://git@host.org/team/app.git/")
    assert len({remote_of(url, {}, MIRRORS).folder for url in urls}) == 1


def test_plain_http_is_spoken_only_where_it_is_written() -> None:
    assert "http" not in remote_of("https://host/x", {}, MIRRORS).protocols.split(":")
    assert "http" in remote_of("http://host/x", {}, MIRRORS).protocols.split(":")


def test_secrets_reach_git_by_files_and_configuration_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/somewhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "cloud")
    access = RepositoryAccess("ssh://git@host/x", ssh_private_key="KEY", ssh_known_hosts="host ssh-ed25519 AAAA")
    env = environment(remote_of(access.url, {}, MIRRORS), access, tmp_path)
    assert "KEY" not in " ".join(env.values())
    assert "GIT_DIR" not in env
    assert "AWS_SECRET_ACCESS_KEY" not in env
    assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o600
    assert "StrictHostKeyChecking=yes" in env["GIT_SSH_COMMAND"]
    assert "-F /dev/null" in env["GIT_SSH_COMMAND"]


def test_credentials_go_to_their_host_alone(tmp_path: Path) -> None:
    access = RepositoryAccess("https://host:8443/x", bearer_token="t")
    env = environment(remote_of(access.url, {}, MIRRORS), access, tmp_path)
    pairs = {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(env["GIT_CONFIG_COUNT"]))}
    assert pairs["http.https://host:8443/.extraHeader"] == "Authorization: Bearer t"
