"""What a person can try once all is up, as commands to copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from holdfast.model.kube import KubeObject

NEXT_TAG = 's/tag: .*/tag: "9.0.0"/'
"""A sed command that changes what every example service runs."""


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
                f"  sed -i '{NEXT_TAG}' helm/values.yaml",
                "  git commit -am 'Release 9.0.0' && git push",
                f"  holdfast app refresh {name}    # or wait for the next poll",
            ]
    return lines


def _deployments(app: KubeObject) -> list[tuple[str, str]]:
    resources = (app.get("status") or {}).get("resources") or []
    return [(item.get("namespace", ""), item["name"]) for item in resources if item.get("kind") == "Deployment"]
