"""A mesh of one gateway on this machine: Istio's control plane reads a folder, Envoy reads Istio and carries traffic.

    with Mesh() as mesh:
        mesh.publish(objects)   # VirtualServices, DestinationRules, ServiceEntries … as they stand in a cluster
        mesh.url                # what the gateway listens on

Everything listens on the loopback interface, on free ports. The objects reach Istio as files, and everything else goes
its ordinary way: Istio translates them, and Envoy is told over Istio's discovery service.

With a kubeconfig Istio is besides a client of that cluster: it reads the objects there, those of the Gateway API among
them, and writes what it makes of them into their status. The gateway is then one of the Gateway API.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from holdfast.model.kube import KubeObject
from tests.child_programs import HOST, ChildPrograms, ProgramError, free_ports
from tests.mesh import build, gateways
from tests.mesh.gateways import GATEWAY, LABELS, NAMESPACE

START_ATTEMPTS: Final = 3
# Istio's own filters (statistics, the exchange of names between proxies) are not in an Envoy of Envoy's makers.
SETTINGS: Final = {
    "ENABLE_CA_SERVER": "false",
    "PILOT_CERT_PROVIDER": "none",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
}
# Routes come from the cluster at once, and endpoints, by the folder, up to 0.4 s later; over a watch of the cluster they
# would be there first. Istio tells both together if it waits this long for more.
SETTINGS_BESIDE_A_CLUSTER: Final = {"PILOT_DEBOUNCE_AFTER": "600ms"}
# Without certificates there is no mutual TLS between the gateway and the pods.
MESH_CONFIG: Final = {"enableAutoMtls": False, "enablePrometheusMerge": False, "defaultProviders": {"metrics": []}}


class Mesh:
    """A context manager that may be entered once. `kubeconfig` leads to the cluster whose client Istio is."""

    def __init__(self, kubeconfig: Path | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._programs = ChildPrograms()
        self._ports: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        """What the gateway listens on, as soon as a route is bound to it."""
        return f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        """Of the gateway."""
        return self._ports[0]

    def __enter__(self) -> Self:
        """Starts both and waits until Envoy has what Istio tells; an error in between leaves nothing behind."""
        missing = build.missing()
        if missing:
            raise ProgramError(f"{missing}: run make mesh")
        self._programs.directory = Path(tempfile.mkdtemp(prefix="holdfast-mesh-"))
        try:
            self._start_with_free_ports()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the programs and removes their directory."""
        self._stop()

    def publish(self, objects: Iterable[KubeObject]) -> None:
        """From now on these are all that the folder tells Istio, besides the gateway itself."""
        written = self._programs.directory / "unfinished"
        gateway = gateways.of_istio if self._kubeconfig is None else gateways.behind_gateway_api
        documents = [*gateway(self.port), *objects]
        written.write_text("\n---\n".join(json.dumps(obj) for obj in documents))
        # In one go: Istio reads a file that it sees.
        written.replace(self._folder / "cluster.yaml")

    def weights(self, host: str) -> dict[str, int]:
        """What the last route for the host does in Envoy: the share of each subset or service, if it has any."""
        for virtual in self._virtual_hosts():
            if host in virtual["domains"]:
                return _shares(virtual["routes"][-1]["route"])
        return {}

    def routes(self, host: str) -> list[str]:
        """The names of the routes for the host, as Envoy has them; it has one for each match of Istio's."""
        found = (virtual for virtual in self._virtual_hosts() if host in virtual["domains"])
        return list(dict.fromkeys(str(route.get("name", "")) for virtual in found for route in virtual["routes"]))

    def told(self) -> str:
        """The last words of both programs, for the message of a test that fails."""
        return "\n".join(f"{name}:\n{self._programs.end_of_log(name)}" for name in self._programs.logs)

    @property
    def _folder(self) -> Path:
        return self._programs.directory / "configuration"

    def _start_with_free_ports(self) -> None:
        """Tries again with other ports when somebody took one between the choice and the start."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start()
            except ProgramError as error:
                if attempt == START_ATTEMPTS or "address already in use" not in str(error).lower():
                    raise
                self._programs.end()
            else:
                return

    def _start(self) -> None:
        self._ports = tuple(free_ports(4))
        _, admin, http, discovery = self._ports
        directory = self._programs.directory
        self._folder.mkdir(exist_ok=True)
        self.publish(())
        (directory / "mesh.yaml").write_text(json.dumps({**MESH_CONFIG, **self._sources()}))
        (directory / "envoy.json").write_text(json.dumps(_bootstrap(admin, discovery)))
        mesh = str(build.MESH.binary_path())
        flags = [
            f"--configuration={self._folder}" if self._kubeconfig is None else f"--kubeconfig={self._kubeconfig}",
            f"--mesh={directory / 'mesh.yaml'}",
            f"--http={HOST}:{http}",
            f"--discovery={HOST}:{discovery}",
        ]
        settings = SETTINGS if self._kubeconfig is None else {**SETTINGS, **SETTINGS_BESIDE_A_CLUSTER}
        self._programs.run("istiod", [mesh, "istiod", *flags], settings)
        self._programs.wait("Istio to be ready", lambda: _answers(f"http://{HOST}:{http}/ready"))
        envoy = [str(build.envoy()), "--disable-hot-restart", "--concurrency", "2", "-c", str(directory / "envoy.json")]
        self._programs.run("envoy", [mesh, "beside", *envoy], {})
        self._programs.wait("Envoy to be ready", lambda: _answers(f"http://{HOST}:{admin}/ready"))

    def _sources(self) -> Mapping[str, Any]:
        """What a MeshConfig says of where Istio's objects are."""
        if self._kubeconfig is None:
            return {}
        return {"configSources": [{"address": "k8s://"}, {"address": f"fs://{self._folder}"}]}

    def _stop(self) -> None:
        self._programs.end()
        if self._programs.directory != Path():
            shutil.rmtree(self._programs.directory, ignore_errors=True)

    def _virtual_hosts(self) -> Iterator[Mapping[str, Any]]:
        admin = self._ports[1]
        dump = json.loads(_get(f"http://{HOST}:{admin}/config_dump?resource=dynamic_route_configs"))
        for one in dump.get("configs") or []:
            yield from one["route_config"].get("virtual_hosts") or []


def _bootstrap(admin: int, discovery: int) -> Mapping[str, Any]:
    """Everything but the way to Istio comes from Istio."""
    ads = {"ads": {}, "resource_api_version": "V3"}
    source = {
        "api_type": "DELTA_GRPC",
        "set_node_on_first_message_only": True,
        "transport_api_version": "V3",
        "grpc_services": [{"envoy_grpc": {"cluster_name": "istiod"}}],
    }
    http2 = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {}},
        }
    }
    endpoint = {"endpoint": {"address": _address(discovery)}}
    istiod = {
        "name": "istiod",
        "type": "STATIC",
        "typed_extension_protocol_options": http2,
        "load_assignment": {"cluster_name": "istiod", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {
        "node": {
            "id": f"router~{HOST}~{GATEWAY}.{NAMESPACE}~{NAMESPACE}.svc.cluster.local",
            "cluster": GATEWAY,
            "metadata": {"NAMESPACE": NAMESPACE, "LABELS": LABELS, "ISTIO_VERSION": "1.31.0"},
        },
        "admin": {"address": _address(admin)},
        "dynamic_resources": {"ads_config": source, "lds_config": ads, "cds_config": ads},
        "static_resources": {"clusters": [istiod]},
    }


def _address(port: int) -> Mapping[str, Any]:
    return {"socket_address": {"address": HOST, "port_value": port}}


def _shares(action: Mapping[str, Any]) -> dict[str, int]:
    """A route to one cluster alone has no weights. Istio names clusters DIRECTION|PORT|SUBSET|HOST."""
    if "cluster" in action:
        return {_destination(action["cluster"]): 100}
    clusters = action["weighted_clusters"]["clusters"]
    return {_destination(cluster["name"]): int(cluster.get("weight") or 0) for cluster in clusters}


def _destination(cluster: str) -> str:
    _, _, subset, host = cluster.split("|")
    return subset or host.partition(".")[0]


def _get(url: str) -> bytes:
    """Past any proxy of the environment."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        content: bytes = answer.read()
        return content


def _answers(url: str) -> bool:
    """Whether it answers with success; not yet listening is no error."""
    try:
        _get(url)
    except OSError:
        return False
    return True
