"""The connection of a process that runs in a Pod of the cluster it works on.

Source: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from holdfast.adapters.kube.connection import Connection
from holdfast.adapters.kube.files import TokenFile, read_bounded
from holdfast.model.errors import Blocked
from holdfast.ports.clock import Clock

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def is_in_cluster(environment: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> bool:
    return bool(environment.get("KUBERNETES_SERVICE_HOST")) and (folder / "token").is_file()


def in_cluster(environment: Mapping[str, str], clock: Clock, folder: Path = SERVICE_ACCOUNT) -> Connection:
    """Raises Blocked outside a Pod."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise Blocked("NotInCluster", "KUBERNETES_SERVICE_HOST is not set: this is no Pod; name a kubeconfig instead")
    namespace = folder / "namespace"
    return Connection(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        credentials=TokenFile(folder / "token", "service account token", clock),
        ca_certificates=read_bounded(folder / "ca.crt", "service account CA"),
        namespace=read_bounded(namespace, "service account namespace").decode().strip() if namespace.exists() else "",
    )
