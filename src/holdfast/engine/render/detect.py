"""Which tool a source means."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Final

from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import EntryKind, FileTree

KUSTOMIZATION_NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class SourceType(Enum):
    """Argo CD's words, as they stand in `status.sourceType`."""

    HELM = "Helm"
    KUSTOMIZE = "Kustomize"
    DIRECTORY = "Directory"
    PLUGIN = "Plugin"


def source_type(
    tree: FileTree, path: str, source: ApplicationSource, disabled: AbstractSet[SourceType] = frozenset()
) -> SourceType:
    """What the source says, else what stands in the folder `path`; the files of a `disabled` tool are plain manifests.

    Source: https://argo-cd.readthedocs.io/en/stable/user-guide/tool_detection/
    """
    said = {
        SourceType.KUSTOMIZE: source.kustomize,
        SourceType.HELM: source.helm,
        SourceType.DIRECTORY: source.directory,
        SourceType.PLUGIN: source.plugin,
    }
    explicit = [kind for kind, options in said.items() if options is not None]
    if len(explicit) > 1:
        names = ", ".join(kind.value.lower() for kind in explicit)
        raise Blocked("SourceUnsupported", f"the source is said to be {names}: keep only one of these fields")
    if explicit:
        return SourceType.DIRECTORY if explicit[0] in disabled else explicit[0]
    if SourceType.HELM not in disabled and _is_file(tree, path, "Chart.yaml"):
        return SourceType.HELM
    if SourceType.KUSTOMIZE not in disabled and kustomization_file(tree, path):
        return SourceType.KUSTOMIZE
    return SourceType.DIRECTORY


def kustomization_file(tree: FileTree, path: str) -> str | None:
    """The name of the kustomization file in the folder, None when there is none."""
    return next((name for name in KUSTOMIZATION_NAMES if _is_file(tree, path, name)), None)


def _is_file(tree: FileTree, folder: str, name: str) -> bool:
    entry = tree.entry(f"{folder}/{name}" if folder else name)
    return entry is not None and entry.kind is not EntryKind.DIRECTORY
