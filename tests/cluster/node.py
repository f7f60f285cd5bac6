"""What a bare control plane lacks: a node that pretends to run Pods, and the operators of the examples' custom kinds.

python3 -m tests.cluster.node KUBECONFIG
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

from holdfast.assembly.clusters import open_cluster
from holdfast.runtime.clock import ScaledClock
from holdfast.sandbox.simulators.start import run_simulators

# The kube-controller-manager does their work.
REAL = frozenset({"deployments", "replica-sets", "stateful-sets", "daemon-sets", "jobs", "cron-jobs", "endpoints"})
# Delays of probes pass faster than they are written.
SPEED = 20
SECRETS = Path(__file__).resolve().parents[2] / "examples" / "cloud-secrets.yaml"


async def run(kubeconfig: Path) -> None:
    """Until the process is ended."""
    async with open_cluster(kubeconfig) as cluster:
        await run_simulators(cluster, ScaledClock(SPEED), secrets_file=SECRETS, random=Random(), left_out=REAL)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
