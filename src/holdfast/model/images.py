"""The container images that an object names."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject

# Where pod specs lie: a Pod, what has a pod template, a CronJob.
POD_SPECS = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))


def images_of(obj: KubeObject) -> tuple[str, ...]:
    """Sorted, each once."""
    found: set[str] = set()
    for path in POD_SPECS:
        spec: Any = obj
        for step in path:
            spec = spec.get(step) if isinstance(spec, dict) else None
        if not isinstance(spec, dict):
            continue
        for containers in ("containers", "initContainers"):
            for container in spec.get(containers) or ():
                if isinstance(container, dict) and isinstance(container.get("image"), str):
                    found.add(container["image"])
    return tuple(sorted(found))
