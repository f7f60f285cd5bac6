"""Whether and how pull requests of a repository are previewed."""

from __future__ import annotations

import pytest

from holdfast.engine.access.preview_settings import settings_for
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.pull_request import PreviewSettings

URL = "https://git.example.com/team/web.git"


def secret(kind: str, url: str, **data: str) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{kind}-x", "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": kind}},
        "stringData": {"url": url, **data},
    }


@pytest.mark.parametrize(
    ("config", "data", "enabled", "forks"),
    [
        ({}, {}, False, False),
        ({"holdfast.preview.enabled": "true"}, {}, True, False),
        ({"holdfast.preview.enabled": "yes"}, {}, False, False),
        ({"holdfast.preview.enabled": "true"}, {"holdfastPreview": "false"}, False, False),
        ({}, {"holdfastPreview": "true"}, True, False),
        ({"holdfast.preview.forks": "true"}, {"holdfastPreview": "true"}, True, True),
        ({"holdfast.preview.forks": "true"}, {"holdfastPreviewForks": "false"}, False, False),
    ],
)
def test_the_secret_goes_before_what_holds_for_all(
    config: dict[str, str], data: dict[str, str], enabled: bool, forks: bool
) -> None:
    found = settings_for(URL, [secret("repository", URL, **data)], config)
    assert (found.enabled, found.forks) == (enabled, forks)


def test_a_template_gives_what_the_repository_leaves_out() -> None:
    secrets = [
        secret(
            "repo-creds", "https://git.example.com/team", holdfastPreviewToken="of the team", holdfastPreview="true"
        ),
        secret("repository", URL, sshPrivateKey="key", holdfastPreviewProvider="gitea"),
        secret("repository", "https://git.example.com/team/db", holdfastPreviewToken="of another"),
    ]
    assert settings_for(URL, secrets, {}) == PreviewSettings(enabled=True, provider="gitea", token="of the team")


def test_the_token_of_a_template_does_not_go_to_where_another_secret_says() -> None:
    template = secret("repo-creds", "https://git.example.com", holdfastPreviewToken="of all", password="pw")
    secrets = [template, secret("repository", URL, holdfastPreviewApi="https://evil.example")]
    with pytest.raises(Blocked, match="must stand in the Secret that holds the token"):
        settings_for(URL, secrets, {})
    with_password = secret("repository", URL, holdfastPreviewApi="https://evil.example", password="mine")
    assert settings_for(URL, [template, with_password], {}).token == ""
    own = secret("repository", URL, holdfastPreviewApi="https://git.example.com/v1", holdfastPreviewToken="own")
    assert settings_for(URL, [template, own], {}).token == "own"


@pytest.mark.parametrize("context", ["a b", "x" * 41, "a)b", "\n", "-x"])
def test_a_context_that_would_break_a_comment_is_refused(context: str) -> None:
    if not context.strip():
        assert settings_for(URL, [], {"holdfast.preview.context": context}).context == "holdfast/preview"
        return
    with pytest.raises(Blocked, match="at most 40"):
        settings_for(URL, [], {"holdfast.preview.context": context})


def test_a_token_is_never_shown() -> None:
    found = settings_for(URL, [secret("repository", URL, holdfastPreviewToken="hunter2")], {})
    assert found.token == "hunter2"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("identity", [{"useAzureWorkloadIdentity": "true"}, {"azureServicePrincipalClientId": "c"}])
def test_the_token_of_an_identity_of_azure_is_sent_to_no_address_that_a_secret_names(identity: dict[str, str]) -> None:
    elsewhere = {"holdfastPreviewApi": "https://evil.example", "password": "p", **identity}
    template = secret("repo-creds", "https://git.example.com/team", holdfastPreviewToken="of the team")
    with pytest.raises(Blocked, match="needs a holdfastPreviewToken"):
        settings_for(URL, [template, secret("repository", URL, **elsewhere)], {})
    found = settings_for(URL, [secret("repository", URL, holdfastPreviewToken="own", **elsewhere)], {})
    assert (found.api, found.token) == ("https://evil.example", "own")
