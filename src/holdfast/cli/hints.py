"""What a person can try once all is up, as commands to copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from holdfast.model.kube import KubeObject


def hints(kubeconfig: Path, data: Path, apps: Mapping[str, KubeObject], *, is_example: bool) -> list[str]:
    """Lines of text and commands; the commands name what is there."""
    kubectl = f"kubectl --kubeconfig {kubeconfig}"
    found = [(name, deployment) for name, app in sorted(apps.items()) for deployment in _deployments(app)]
    lines = ["See the applications and one of them:", "  holdfast app list"]
    if found:
        name, (namespace, deployment) = found[0]
        lines += [
            f"  holdfast app get {name}",
            "",
            "Change something by hand and see it undone:",
            f"  {kubectl} -n {namespace} scale deployment {deployment} --replicas=5",
            f"  {kubectl} -n {namespace} get deployment {deployment} --watch",
        ]
        if is_example:
            repository = data / "repositories" / f"{name}.git"
            lines += [
                "",
                "Push a commit and see it arrive:",
                f"  git clone {repository} /tmp/{name} && cd /tmp/{name}",
                "  sed -i 's/replicaCount: .*/replicaCount: 3/' helm/values.yaml",
                "  git commit -am 'Run three replicas' && git push",
                f"  holdfast app refresh {name}    # or wait for the next poll",
            ]
    return lines


def _deployments(app: KubeObject) -> list[tuple[str, str]]:
    resources = (app.get("status") or {}).get("resources") or []
    return [(item.get("namespace", ""), item["name"]) for item in resources if item.get("kind") == "Deployment"]
