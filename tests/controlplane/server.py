"""A real control plane on free ports of this machine: started, used and ended by a test run.

    with ControlPlane() as cluster:
        cluster.kubeconfig   # a file for kubectl and for the product
        cluster.url, cluster.token, cluster.ca_file   # the same for a bare client

or by hand, until Ctrl-C:

    python3 -m tests.controlplane.server [--scheduler] [--build]

It is etcd, kube-apiserver and kube-controller-manager; there is no node and no kubelet, so Pods stay Pending.
Everything is kept in one temporary directory, which goes with it. The programs end with this process even when it is
killed: each holds the read end of a pipe from it as its lifeline (see main.go).
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from tests.child_programs import HOST, ChildPrograms, ProgramError, free_ports
from tests.controlplane import build
from tests.controlplane.api import Api
from tests.go_programs import BuildError

# What the kubernetes Service points at. An address for documentation (RFC 5737): the server refuses loopback ones here,
# and a machine without a network has no other.
ADVERTISED_ADDRESS: Final = "192.0.2.1"
SERVICE_RANGE: Final = "10.0.0.0/16"
# These need nodes that report, and would only mark and evict what a test pretends to run.
CONTROLLERS: Final = "*,-node-lifecycle-controller,-node-ipam-controller,-taint-eviction-controller"
START_ATTEMPTS: Final = 3


class ControlPlane:
    """One real control plane; a context manager that may be entered once."""

    def __init__(
        self,
        *,
        binary: Path | None = None,
        controller_manager: bool = True,
        controllers: str = CONTROLLERS,
        scheduler: bool = False,
        flags: Sequence[str] = (),
        manager_flags: Sequence[str] = (),
    ) -> None:
        """`flags` are added to the API server's, `manager_flags` to the controller manager's; the binary is the one that build.py made, unless one is given.

        `controllers` are those of the controller manager, in the words of its flag.
        """
        self._binary = binary or build.built()
        self._controller_manager = controller_manager
        self._controllers = controllers
        self._scheduler = scheduler
        self._flags = tuple(flags)
        self._manager_flags = tuple(manager_flags)
        self._programs = ChildPrograms()
        self.directory = Path(tempfile.gettempdir())
        self.port = 0
        self._etcd_port = 0
        self.token = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        """The address of the API server."""
        return f"https://{HOST}:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The certificates (PEM) that the API server's is checked with: its own and that of its signer."""
        return self.directory / "certificates" / "apiserver.crt"

    @property
    def api(self) -> Api:
        """Bare calls to the API server as the administrator."""
        return Api(url=self.url, token=self.token, ca_file=self.ca_file)

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig file (as JSON, which is YAML) for a user in system:masters."""
        return self.directory / "kubeconfig"

    @property
    def logs(self) -> Mapping[str, Path]:
        """The log file of each program that was started."""
        return self._programs.logs

    def __enter__(self) -> Self:
        """Starts the programs and waits until Pods can be created; an error in between leaves nothing behind."""
        if self._binary is None:
            raise ProgramError("the control plane is not built: run python3 -m tests.controlplane.build")
        self._programs.directory = self.directory = Path(tempfile.mkdtemp(prefix="holdfast-control-plane-"))
        try:
            self._start_with_free_ports()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the programs and removes their directory."""
        self.stop()

    def stop(self) -> None:
        """Ends every program, by force after three seconds, and removes the directory; does nothing a second time."""
        self._programs.end()
        if self.directory != Path(tempfile.gettempdir()):
            shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self, name: str) -> None:
        """Ends one program as the machine's power would; what it had written to files stays."""
        self._programs.kill(name)

    def start_again(self, name: str) -> None:
        """Starts a program that was killed on the same port and data, and waits until the API server is ready again."""
        self._programs.run_again(name)
        self._programs.wait("the API server to be ready again", lambda: self._answers("/readyz"))

    def compact(self) -> None:
        """Makes etcd forget everything before now, as the API server has it do every five minutes."""
        at = self._etcd("range", {"key": "AA=="})["header"]["revision"]
        self._etcd("compaction", {"revision": at, "physical": True})

    def _etcd(self, call: str, body: Mapping[str, object]) -> Any:
        """One call to etcd's gateway for JSON."""
        request = urllib.request.Request(f"http://{HOST}:{self._etcd_port}/v3/kv/{call}", json.dumps(body).encode())
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return json.load(response)

    def _start_with_free_ports(self) -> None:
        """Tries again with other ports when somebody took one between the choice and the start."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start()
            except ProgramError as error:
                if attempt == START_ATTEMPTS or "address already in use" not in str(error):
                    raise
                self._programs.end()
                shutil.rmtree(self.directory)
                self.directory.mkdir(mode=0o700)
            else:
                return

    def _start(self) -> None:
        self._etcd_port, peer_port, self.port = free_ports(3)
        self._write_credentials()
        self._run("etcd", etcd_flags(self.directory / "etcd", self._etcd_port, peer_port))
        self._run("kube-apiserver", self._api_server_flags(self._etcd_port))
        self._programs.wait("the API server to be ready", lambda: self._answers("/readyz"))
        self._write_kubeconfig()
        if self._scheduler:
            self._run("kube-scheduler", [f"--kubeconfig={self.kubeconfig}", "--secure-port=0", "--leader-elect=false"])
        if self._controller_manager:
            self._run("kube-controller-manager", self._controller_manager_flags())
            self._programs.wait(
                "the controllers", lambda: self._answers("/api/v1/namespaces/default/serviceaccounts/default")
            )

    def _write_credentials(self) -> None:
        """The key that signs service account tokens, and the file of the one user's token."""
        key = subprocess.run(
            [str(self._binary), "key", str(self._signing_key)], capture_output=True, text=True, check=False
        )
        if key.returncode != 0:
            raise ProgramError(f"no key for service accounts: {key.stderr}")
        tokens = self.directory / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')

    def _write_kubeconfig(self) -> None:
        name = "holdfast-control-plane"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": self.url, "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "admin"}}],
            "current-context": name,
        }
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps(document, indent=2) + "\n")

    @property
    def _signing_key(self) -> Path:
        return self.directory / "service-account.key"

    def _api_server_flags(self, etcd_port: int) -> list[str]:
        return [
            f"--etcd-servers=http://{HOST}:{etcd_port}",
            f"--bind-address={HOST}",
            f"--secure-port={self.port}",
            f"--advertise-address={ADVERTISED_ADDRESS}",
            f"--cert-dir={self.ca_file.parent}",
            f"--service-account-key-file={self._signing_key}",
            f"--service-account-signing-key-file={self._signing_key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--allow-privileged",
            "--shutdown-delay-duration=0s",
            *self._flags,
        ]

    def _controller_manager_flags(self) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self._signing_key}",
            f"--root-ca-file={self.ca_file}",
            f"--controllers={self._controllers}",
            "--secure-port=0",
            "--leader-elect=false",
            *self._manager_flags,
        ]

    def _run(self, name: str, flags: Sequence[str]) -> None:
        self._programs.run(name, [str(self._binary), name, *flags], {"CONTROL_PLANE_LIFELINE": "stdin"})

    def _answers(self, path: str) -> bool:
        """Whether the API server answers with success; not yet listening is no error."""
        if not self.ca_file.exists():
            return False
        try:
            return self.api.request("GET", path).status == 200
        except OSError:
            return False


def etcd_flags(data: Path, client_port: int, peer_port: int) -> list[str]:
    """The flags of an etcd of one member that keeps nothing safe: tests throw it away."""
    client, peer = f"http://{HOST}:{client_port}", f"http://{HOST}:{peer_port}"
    return [
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Starts a control plane, prints the path of its kubeconfig, and ends it on Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description="Start a real control plane and print the path of its kubeconfig.")
    parser.add_argument("--scheduler", action="store_true", help="start kube-scheduler too")
    parser.add_argument("--build", action="store_true", help="build the binary first if need be (about 7 minutes)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        binary = build.control_plane().build() if options.build else build.built()
        with ControlPlane(binary=binary, scheduler=options.scheduler) as cluster:
            sys.stdout.write(f"{cluster.kubeconfig}\n")
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except (BuildError, ProgramError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
