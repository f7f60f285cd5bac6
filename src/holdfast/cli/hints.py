"""What a person can try once all is up, as commands to copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from holdfast.model.kube import KubeObject

NEXT_TAG = 's/tag: .*/tag: "9.0.0"/'
"""A sed command that changes what every example service runs."""
BAD_TAG = 's/tag: .*/tag: "fail-jobs"/'
"""The sandbox pretends an image that serves, and fails where it is tried out."""


def hints(kubeconfig: Path, data: Path, apps: Mapping[str, KubeObject], *, is_example: bool) -> list[str]:
    """Lines of text and commands; the commands name what is there."""
    kubectl = f"kubectl --kubeconfig {kubeconfig}"
    found = _of_kind("Deployment", apps)
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
    if is_example:
        lines += _of_rollouts(data, apps)
    return lines


def _of_rollouts(data: Path, apps: Mapping[str, KubeObject]) -> list[str]:
    found = _of_kind("Rollout", apps)
    if not found:
        return []
    name, (namespace, rollout) = found[0]
    return [
        "",
        "Release a version that fails its trial, and see it go back by itself:",
        f"  git clone {data / 'repositories' / f'{name}.git'} /tmp/{name} && cd /tmp/{name}",
        f"  sed -i '{BAD_TAG}' helm/values.yaml",
        "  git commit -am 'Release a bad one' && git push",
        f"  holdfast rollout get {namespace}/{rollout} --watch",
        "  git revert --no-edit HEAD && git push    # a good version instead of fail-jobs goes all the way",
    ]


def _of_kind(kind: str, apps: Mapping[str, KubeObject]) -> list[tuple[str, tuple[str, str]]]:
    """Names of Applications, with namespace and name of what they have of the kind."""
    return [
        (name, (item.get("namespace", ""), item["name"]))
        for name, app in sorted(apps.items())
        for item in (app.get("status") or {}).get("resources") or []
        if item.get("kind") == kind
    ]
