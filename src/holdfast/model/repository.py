"""A repository of any kind and what opens it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from msgspec import Struct


class RepositoryAccess(Struct, frozen=True):
    """A repository and what opens it. Secrets are never shown: no repr, no message holds them.

    `ssh_known_hosts` is the text of known_hosts lines that are trusted for it; an unknown host is always refused
    unless `insecure`. `registered`: a Secret speaks of it. `pass_credentials`: a Helm repository's credentials may go to
    the other hosts that its index names. `public_only`: a chart named it, and nobody vouches for it, so that it must not
    lead into the network of this process. `force_http`: an OCI registry without TLS. `gcp_service_account_key` is JSON as
    Google gives it; `azure_workload_identity`: with the identity that Azure gives to this process; `azure_client_id` and what
    follows it: with that of a service principal, whose tokens are asked for at `azure_authority`.
    """

    url: str
    ssh_private_key: str = ""
    username: str = ""
    password: str = ""
    bearer_token: str = ""
    ssh_known_hosts: str = ""
    tls_client_cert: str = ""
    tls_client_key: str = ""
    ca_certificates: str = ""
    insecure: bool = False
    proxy: str = ""
    no_proxy: str = ""
    registered: bool = False
    enable_oci: bool = False
    enable_lfs: bool = False
    submodules: bool = True
    force_http: bool = False
    pass_credentials: bool = False
    public_only: bool = False
    github_app_id: str = ""
    github_app_installation_id: str = ""
    github_app_private_key: str = ""
    github_app_enterprise_url: str = ""
    gcp_service_account_key: str = ""
    azure_workload_identity: bool = False
    azure_client_id: str = ""
    azure_client_secret: str = ""
    azure_tenant_id: str = ""
    azure_authority: str = ""

    @property
    def is_of_azure(self) -> bool:
        """An identity of Azure opens it."""
        return self.azure_workload_identity or bool(self.azure_client_id)

    def proxy_for(self, host: str) -> str:
        """What a request to the host goes through, "" for nothing: `no_proxy` names hosts, domains, addresses and networks
        (10.0.0.0/8), by commas; `*` is all."""
        entries = (entry.strip().lower() for entry in self.no_proxy.split(","))
        return "" if any(entry and _names(entry, host.strip("[]").lower()) for entry in entries) else self.proxy

    def __repr__(self) -> str:
        return f"RepositoryAccess(url={self.url!r})"


def _names(entry: str, host: str) -> bool:
    """Source: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config"""
    if entry == "*":
        return True
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        name = entry.lstrip("*").lstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return ip_address(host) in network
    except ValueError:
        return False
