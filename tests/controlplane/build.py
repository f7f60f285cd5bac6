"""Builds the control plane that the contract tests compare the sandbox with, and prints the path of the binary.

    python3 -m tests.controlplane.build

The binary of 140 MB is etcd, kube-apiserver, kube-controller-manager and kube-scheduler in one (see main.go), from
their Go modules at the versions in go.mod.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.go_programs import GoProgram, required_version

SOURCES: Final = Path(__file__).resolve().parent
VERSION_PACKAGE: Final = "k8s.io/component-base/version"


def kubernetes_version() -> str:
    """The Kubernetes version that go.mod asks for, such as v1.37.2; the servers tell it."""
    return required_version(SOURCES, "k8s.io/kubernetes")


def control_plane() -> GoProgram:
    """The program that ControlPlane runs."""
    major, minor, _ = kubernetes_version().removeprefix("v").split(".", 2)
    variables = {"gitVersion": kubernetes_version(), "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return GoProgram(
        name="control-plane",
        sources=SOURCES,
        cost="downloads about 0.7 GB of Go modules and compiles about 3 GB into Go's caches, unless they are there, "
        "in about 7 minutes on two free cores",
        variables={f"{VERSION_PACKAGE}.{name}": value for name, value in variables.items()},
    )


def built() -> Path | None:
    """The binary of these sources, if there is one."""
    return control_plane().built()


if __name__ == "__main__":
    sys.exit(control_plane().main())
