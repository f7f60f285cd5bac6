"""Where the API of the host of a repository is."""

from __future__ import annotations

import pytest

from holdfast.engine.access.hosting import hosted
from holdfast.model.errors import Blocked
from holdfast.model.pull_request import HostedRepository, Provider

GITHUB, GITLAB, GITEA = Provider.GITHUB, Provider.GITLAB, Provider.GITEA
AZURE = Provider.AZURE
CLOUD, SERVER = Provider.BITBUCKET, Provider.BITBUCKET_SERVER


@pytest.mark.parametrize(
    ("url", "chosen", "provider", "api", "path"),
    [
        ("https://github.com/Acme/Web.git", {}, GITHUB, "https://api.github.com", "Acme/Web"),
        ("git@github.com:acme/web.git", {}, GITHUB, "https://api.github.com", "acme/web"),
        ("ssh://git@ssh.github.com:443/acme/web", {}, GITHUB, "https://api.github.com", "acme/web"),
        ("https://gitlab.com/a/b/web.git", {}, GITLAB, "https://gitlab.com/api/v4", "a/b/web"),
        ("git@bitbucket.org:oro/web.git", {}, CLOUD, "https://api.bitbucket.org/2.0", "oro/web"),
        ("https://me:pw@bitbucket.org/oro/web", {}, CLOUD, "https://api.bitbucket.org/2.0", "oro/web"),
        ("https://codeberg.org/a/web/", {}, GITEA, "https://codeberg.org/api/v1", "a/web"),
        ("https://git.acme.com:8443/a/web", {"provider": "github"}, GITHUB, "https://git.acme.com:8443/api/v3", "a/web"),
        ("http://git.acme.com/a/web", {"provider": "gitea"}, GITEA, "http://git.acme.com/api/v1", "a/web"),
        ("ssh://git@git.acme.com:7999/~ada/web.git", {"fallback": SERVER}, SERVER, "https://git.acme.com/rest/api/1.0", "~ada/web"),
        ("https://git.acme.com/scm/TEAM/web.git", {"fallback": SERVER}, SERVER, "https://git.acme.com/rest/api/1.0", "TEAM/web"),
        ("git@git.acme.com:a/web.git", {"fallback": GITLAB, "api": "https://acme.com/gitlab/api/v4/"}, GITLAB, "https://acme.com/gitlab/api/v4", "a/web"),
        ("https://dev.azure.com/acme/Our%20Shop/_git/web", {}, AZURE, "https://dev.azure.com", "acme/Our Shop/web"),
        ("https://acme@dev.azure.com/acme/shop/_git/web", {}, AZURE, "https://dev.azure.com", "acme/shop/web"),
        ("https://dev.azure.com/acme/_git/web", {}, AZURE, "https://dev.azure.com", "acme/web/web"),
        ("git@ssh.dev.azure.com:v3/acme/shop/web", {}, AZURE, "https://dev.azure.com", "acme/shop/web"),
        ("ssh://git@ssh.dev.azure.com/v3/acme/shop/web", {}, AZURE, "https://dev.azure.com", "acme/shop/web"),
        ("https://acme.visualstudio.com/DefaultCollection/shop/_git/web", {}, AZURE, "https://dev.azure.com", "acme/shop/web"),
        ("https://acme.visualstudio.com/_git/web", {}, AZURE, "https://dev.azure.com", "acme/web/web"),
        ("acme@vs-ssh.visualstudio.com:v3/acme/shop/web", {}, AZURE, "https://dev.azure.com", "acme/shop/web"),
        ("https://git.acme.com/tfs/Main/shop/_git/web", {"provider": "azure"}, AZURE, "https://git.acme.com", "tfs/Main/shop/web"),
        ("https://github.com/acme/web", {"fallback": GITLAB}, GITHUB, "https://api.github.com", "acme/web"),
    ],
)  # fmt: skip
def test_it_follows_from_the_address_and_from_what_is_chosen(
    url: str, chosen: dict[str, str], provider: Provider, api: str, path: str
) -> None:
    assert hosted(url, **chosen) == HostedRepository(provider, api, path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "chosen", "reason"),
    [
        ("https://git.acme.com/a/web", {}, "ProviderUnknown"),
        ("https://altgithub.com/a/web", {}, "ProviderUnknown"),
        ("https://github.com@git.acme.com/a/web", {}, "ProviderUnknown"),
        ("https://github.com.acme.com/a/web", {}, "ProviderUnknown"),
        ("https://git.acme.com/a/web", {"provider": "sourceforge"}, "ProviderUnknown"),
        ("https://github.com/web", {}, "RepositoryURLInvalid"),
        ("https://github.com/a/b/web", {}, "RepositoryURLInvalid"),
        ("https://github.com/../web", {}, "RepositoryURLInvalid"),
        ("https://gitlab.com/a/./web", {}, "RepositoryURLInvalid"),
        ("https://dev.azure.com/acme/shop/web", {}, "RepositoryURLInvalid"),
        ("https://dev.azure.com/acme/shop/_git/..%2f..", {}, "RepositoryURLInvalid"),
        ("https://visualstudio.com.acme.com/shop/_git/web", {}, "ProviderUnknown"),
        ("git@ssh.dev.azure.com:v3/acme/web", {}, "RepositoryURLInvalid"),
        ("/var/git/a/web.git", {"provider": "gitea"}, "ApiAddressInvalid"),
        ("https://git.acme.com/a/web", {"provider": "gitea", "api": "file:///etc/passwd"}, "ApiAddressInvalid"),
        ("https://git.acme.com/a/web", {"provider": "gitea", "api": "https://u:p@x/"}, "ApiAddressInvalid"),
        ("https://git.acme.com/a/web", {"provider": "gitea", "api": "https://x/?to="}, "ApiAddressInvalid"),
    ],
)
def test_anything_else_is_refused(url: str, chosen: dict[str, str], reason: str) -> None:
    with pytest.raises(Blocked) as caught:
        hosted(url, **chosen)  # type: ignore[arg-type]
    assert caught.value.reason == reason
    assert "u:p" not in caught.value.message
