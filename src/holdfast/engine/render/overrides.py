"""Parameters that a repository itself sets: `.argocd-source.yaml` and `.argocd-source-<application>.yaml`.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git
"""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.engine.kube import merge_patch
from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import paths
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree

_TOOL_FIELDS = ("helm", "kustomize", "directory", "plugin")
_LIMITS = yaml_documents.YamlLimits(bytes=1024**2, nodes=50_000)


def effective_source(tree: FileTree, path: str, source: ApplicationSource, app_name: str) -> ApplicationSource:
    """The source with the files' tool options merged in; where it comes from cannot be changed by them."""
    names = [".argocd-source.yaml"]
    if app_name and "/" not in app_name:
        names.append(f".argocd-source-{app_name}.yaml")
    for name in names:
        file = paths.join(path, name)
        content = paths.read_file(tree, file)
        if content is not None:
            source = _merged(source, content, file)
    return source


def _merged(source: ApplicationSource, content: bytes, file: str) -> ApplicationSource:
    try:
        patch = yaml_documents.load_one(content, _LIMITS)
    except yaml_documents.YamlInvalid as error:
        raise Blocked("ManifestInvalid", f"{file}: {error}") from error
    if patch is None:
        return source
    if not isinstance(patch, dict):
        raise Blocked("ManifestInvalid", f"{file}: a mapping of the source's fields is expected")
    said: dict[str, Any] = msgspec.to_builtins(source)
    changed = merge_patch.apply(said, {field: patch[field] for field in _TOOL_FIELDS if field in patch})
    try:
        return msgspec.convert(changed, ApplicationSource)
    except msgspec.ValidationError as error:
        raise Blocked("ManifestInvalid", f"{file}: {error}") from error
