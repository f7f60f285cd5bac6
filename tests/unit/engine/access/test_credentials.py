"""Which Secret opens a repository."""

from __future__ import annotations

import base64

import pytest

from holdfast.engine.access.credentials import access_for
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject

URL = "git@bitbucket.org:oro-codebase/microservice-identity.git"


def secret(kind: str, name: str = "s", **data: str) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": kind},
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


@pytest.mark.parametrize(
    "spelling",
    [
        URL,
        "git@bitbucket.org:oro-codebase/microservice-identity",
        "ssh://git@bitbucket.org/oro-codebase/microservice-identity.git",
        "GIT@Bitbucket.org:Oro-Codebase/microservice-identity.git",
        "ssh://git@bitbucket.org/oro-codebase/microservice-identity/",
    ],
)
def test_every_spelling_of_the_url_finds_the_secret(spelling: str) -> None:
    found = access_for(spelling, [secret("repository", url=URL, sshPrivateKey="KEY")], "known")
    assert (found.url, found.ssh_private_key, found.ssh_known_hosts) == (spelling, "KEY", "known")


def test_the_repository_comes_before_every_template() -> None:
    secrets = [
        secret("repo-creds", "a", url="git@bitbucket.org:oro-codebase", sshPrivateKey="TEMPLATE"),
        secret("repository", "b", url=URL, sshPrivateKey="OWN"),
    ]
    assert access_for(URL, secrets).ssh_private_key == "OWN"


def test_a_repository_without_credentials_takes_them_from_the_longest_template() -> None:
    secrets = [
        secret("repo-creds", "a", url="https://git.example.com", username="wide", password="w"),
        secret("repo-creds", "b", url="https://git.example.com/team", username="near", password="n"),
        secret("repository", "c", url="https://git.example.com/team/app", proxy="http://proxy:3128", insecure="true"),
    ]
    found = access_for("https://git.example.com/team/app.git", secrets)
    assert (found.username, found.password, found.proxy, found.insecure) == ("near", "n", "http://proxy:3128", True)
    assert access_for("https://git.example.com/other/app.git", secrets).username == "wide"


@pytest.mark.parametrize("url", ["https://git.example.com/team-fork/app", "https://git.example.com.evil.org/team/app"])
def test_a_template_covers_whole_parts_of_the_path_only(url: str) -> None:
    secrets = [secret("repo-creds", url="https://git.example.com/team", password="n")]
    assert access_for(url, secrets).password == ""


def test_a_project_scoped_repository_serves_its_project_first_and_no_other() -> None:
    secrets = [
        secret("repository", "a", url=URL, sshPrivateKey="ALL"),
        secret("repository", "b", url=URL, sshPrivateKey="TEAM", project="team"),
    ]
    assert access_for(URL, secrets, project="team").ssh_private_key == "TEAM"
    assert access_for(URL, secrets, project="other").ssh_private_key == "ALL"
    assert access_for(URL, secrets[1:], project="other").ssh_private_key == ""


def test_every_key_of_the_secret_is_read() -> None:
    found = access_for(
        "https://git.example.com:8443/x",
        [
            secret(
                "repository",
                url="https://git.example.com:8443/x",
                username="u",
                password="p",
                bearerToken="t",
                tlsClientCertData="c",
                tlsClientCertKey="k",
                insecureIgnoreHostKey="true",
                proxy="http://proxy",
            )
        ],
        tls_certs={"git.example.com": "PEM"},
    )
    assert (found.username, found.password, found.bearer_token) == ("u", "p", "t")
    assert (found.tls_client_cert, found.tls_client_key, found.ca_certificates) == ("c", "k", "PEM")
    assert (found.insecure, found.proxy) == (True, "http://proxy")


def test_other_secrets_are_not_looked_at() -> None:
    other = {"kind": "Secret", "metadata": {"name": "x", "labels": {}}, "data": {"url": "!!!"}}
    assert access_for(URL, [other]).ssh_private_key == ""


def test_a_secret_that_cannot_be_read_is_named_without_its_content() -> None:
    broken = secret("repository", "broken", url=URL)
    broken["data"]["sshPrivateKey"] = "not base64 !"
    with pytest.raises(Blocked, match=r"argocd/broken: data\.sshPrivateKey is no base64") as caught:
        access_for(URL, [broken])
    assert caught.value.reason == "SecretInvalid"


def test_a_secret_whose_url_cannot_be_read_holds_nobody_else_up() -> None:
    broken = secret("repository", "a")
    broken["data"]["url"] = "not base64 !"
    assert access_for(URL, [broken, secret("repository", "b", url=URL, sshPrivateKey="KEY")]).ssh_private_key == "KEY"


def test_nothing_secret_is_shown() -> None:
    assert "KEY" not in repr(access_for(URL, [secret("repository", url=URL, sshPrivateKey="KEY")]))


def test_writing_takes_the_credentials_for_writing_and_no_others() -> None:
    secrets = [
        secret("repository", "a", url=URL, sshPrivateKey="READ"),
        secret("repo-write-creds", "b", url="git@bitbucket.org:oro-codebase", sshPrivateKey="TEMPLATE"),
    ]
    assert access_for(URL, secrets, write=True).ssh_private_key == "TEMPLATE"
    secrets.append(secret("repository-write", "c", url=URL, sshPrivateKey="WRITE"))
    assert access_for(URL, secrets, write=True).ssh_private_key == "WRITE"
    assert access_for(URL, secrets).ssh_private_key == "READ"
    assert access_for(URL, secrets[:1], write=True).ssh_private_key == ""


HTTPS = "https://git.example.com/team/app"
TEMPLATE = secret(
    "repo-creds", "a", url="https://git.example.com", username="u", password="company", proxy="http://ours"
)


@pytest.mark.parametrize(
    "way",
    [
        {"insecure": "true"},
        {"insecureIgnoreHostKey": "true"},
        {"insecureOCIForceHttp": "true"},
        {"proxy": "http://theirs"},
        {"noProxy": "git.example.com"},
        {"githubAppEnterpriseBaseUrl": "https://theirs.example.com"},
    ],
)
def test_a_project_does_not_lead_the_credentials_of_all_elsewhere(way: dict[str, str]) -> None:
    scoped = secret("repository", "b", url=HTTPS, project="team", **way)
    with pytest.raises(
        Blocked, match=rf"Secret of project team says {next(iter(way))}, and takes its credentials"
    ) as caught:
        access_for(HTTPS, [TEMPLATE, scoped], project="team")
    assert caught.value.reason == "SecretInvalid"
    assert "company" not in caught.value.message
    assert access_for(HTTPS, [TEMPLATE, scoped], project="other").password == "company"

    own = secret("repository", "b", url=HTTPS, project="team", password="of the team", **way)
    found = access_for(HTTPS, [TEMPLATE, own], project="team")
    assert (found.password, found.insecure) == ("of the team", any("Ignore" in key or key == "insecure" for key in way))


def test_credentials_of_all_travel_as_the_template_or_a_secret_for_all_says() -> None:
    scoped = secret(
        "repository", "b", url=HTTPS, project="team", proxy="http://ours", insecure="false", enableLfs="true"
    )
    found = access_for(HTTPS, [TEMPLATE, scoped], project="team")
    assert (found.password, found.proxy, found.insecure, found.enable_lfs) == ("company", "http://ours", False, True)

    for_all = secret("repository", "c", url=HTTPS, proxy="http://agreed", insecure="true")
    scoped = secret("repository", "b", url=HTTPS, project="team", insecure="true")
    found = access_for(HTTPS, [TEMPLATE, scoped, for_all], project="team")
    assert (found.password, found.proxy, found.insecure) == ("company", "http://agreed", True)


def test_a_project_chooses_the_way_to_what_needs_no_credentials() -> None:
    scoped = secret("repository", "b", url=HTTPS, project="team", insecure="true", proxy="http://theirs")
    found = access_for(
        HTTPS, [secret("repo-creds", "a", url="https://git.example.com", proxy="http://ours"), scoped], project="team"
    )
    assert (found.password, found.insecure, found.proxy) == ("", True, "http://theirs")


def test_a_service_principal_is_read_and_a_project_does_not_choose_where_it_is_shown() -> None:
    fields = {"azureServicePrincipalClientId": "c", "azureServicePrincipalClientSecret": "s"}
    template = secret("repo-creds", "a", url="https://git.example.com", azureServicePrincipalTenantId="t", **fields)
    found = access_for(HTTPS, [template])
    assert (found.azure_client_id, found.azure_client_secret, found.azure_tenant_id) == ("c", "s", "t")
    scoped = secret("repository", "b", url=HTTPS, project="team", azureActiveDirectoryEndpoint="https://evil.example")
    with pytest.raises(Blocked, match="azureActiveDirectoryEndpoint"):
        access_for(HTTPS, [template, scoped], project="team")
    own = access_for(HTTPS, [template, secret("repository", "b", url=HTTPS, project="team", **fields)], project="team")
    assert (own.azure_client_id, own.azure_tenant_id) == ("c", "")


@pytest.mark.parametrize("given", [{"gcpServiceAccountKey": "{}"}, {"useAzureWorkloadIdentity": "true"}])
def test_an_identity_of_a_cloud_is_a_credential_of_its_own(given: dict[str, str]) -> None:
    template = secret("repo-creds", "a", url="https://git.example.com", username="wide", password="w")
    found = access_for(
        "https://git.example.com/x", [template, secret("repository", "b", url="https://git.example.com/x", **given)]
    )
    assert (found.username, found.gcp_service_account_key, found.azure_workload_identity) == (
        "",
        given.get("gcpServiceAccountKey", ""),
        "useAzureWorkloadIdentity" in given,
    )
    served = access_for(
        "https://git.example.com/y", [secret("repo-creds", "c", url="https://git.example.com", **given)]
    )
    assert served.gcp_service_account_key == given.get("gcpServiceAccountKey", "")
