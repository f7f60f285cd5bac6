"""The command `kubectl-argo-rollouts`: what was `kubectl argo rollouts …` goes on working, carried out by us."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from holdfast.cli import main
from holdfast.cli.connection import AS_GROUPS_VARIABLE, AS_VARIABLE, CONTEXT_VARIABLE
from holdfast.cli.rollout import argo_forms
from holdfast.cli.rollout.argo_forms import Wanted
from holdfast.model.errors import Blocked, HoldfastError


def run() -> None:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(argo_forms.usage() + "\n")
        return
    try:
        lines = _lines(arguments)
    except HoldfastError as error:
        sys.stderr.write(f"kubectl argo rollouts: {error.message if isinstance(error, Blocked) else error}\n")
        sys.exit(1)
    for line in lines:
        try:
            main.run_line(line)
        except SystemExit as end:
            if end.code:
                raise


def _lines(arguments: list[str]) -> list[list[str]]:
    wanted = argo_forms.understand(arguments)
    if not wanted.is_on_cluster:
        return argo_forms.command_lines(wanted, kubeconfig="", namespace="")
    file = wanted.kubeconfig or _kubectls_own()
    if wanted.context:
        os.environ[CONTEXT_VARIABLE] = wanted.context
    if wanted.as_user or wanted.as_groups:
        os.environ[AS_VARIABLE], os.environ[AS_GROUPS_VARIABLE] = wanted.as_user, ",".join(wanted.as_groups)
    return argo_forms.command_lines(wanted, kubeconfig=file, namespace=_namespace(wanted, file))


def _kubectls_own() -> str:
    """The file kubectl works with; "" leaves the choice to `holdfast`."""
    if os.environ.get("HOLDFAST_KUBECONFIG"):
        return ""
    named = [Path(each) for each in os.environ.get("KUBECONFIG", "").split(os.pathsep) if each]
    there = [path for path in named or [Path.home() / ".kube" / "config"] if path.is_file()]
    if len(there) > 1:
        raise Blocked("SeveralFiles", "$KUBECONFIG names several files, which are not merged: give one by --kubeconfig")
    if named and not there:
        raise Blocked("KubeconfigMissing", f"there is no kubeconfig file at {named[0]}, which $KUBECONFIG names")
    return str(there[0]) if there else ""


def _namespace(wanted: Wanted, file: str) -> str:
    """Of the context, as with kubectl."""
    from holdfast.adapters.kube import kubeconfig
    from holdfast.runtime.clock import SystemClock

    if wanted.namespace or wanted.is_everywhere or not file or not Path(file).is_file():
        return "default"
    return kubeconfig.load(Path(file), SystemClock(), context=wanted.context).namespace or "default"


if __name__ == "__main__":
    run()
