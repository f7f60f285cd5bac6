"""The changes that a source asks for in a kustomization, as `kustomize edit` would make them.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from holdfast.engine.render.build_environment import substitute
from holdfast.model.errors import Blocked
from holdfast.model.source_options import KustomizeOptions, KustomizePatch, KustomizeReplica

_IMAGE: Final = re.compile(r"(?:(?P<old>[^=@]+)=)?(?P<new>[^=@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


def edited(
    said: Mapping[str, Any],
    options: KustomizeOptions,
    variables: Mapping[str, str],
    present_components: Collection[str],
) -> dict[str, Any]:
    """A changed copy of the kustomization `said`. Raises Blocked KustomizeFailed."""
    plain = {"namePrefix": options.name_prefix, "nameSuffix": options.name_suffix, "namespace": options.namespace}
    result = {**said, **{field: value for field, value in plain.items() if value}}
    if options.images:
        result["images"] = _with_images(said.get("images"), options.images)
    if options.replicas:
        result["replicas"] = _with_replicas(said.get("replicas"), options.replicas)
    if options.common_labels:
        _add_labels(result, options, variables)
    if options.common_annotations:
        annotations = _substituted(
            options.common_annotations, variables if options.common_annotations_envsubst else None
        )
        result["commonAnnotations"] = _added(
            said.get("commonAnnotations"), annotations, options.force_common_annotations, "annotation"
        )
    if options.patches:
        result["patches"] = [*(said.get("patches") or []), *map(_patch, options.patches)]
    components = [
        path for path in options.components if path in present_components or not options.ignore_missing_components
    ]
    if components:
        known = list(said.get("components") or [])
        result["components"] = known + [path for path in components if path not in known]
    return result


def _add_labels(result: dict[str, Any], options: KustomizeOptions, variables: Mapping[str, str]) -> None:
    labels = _substituted(options.common_labels, variables)
    if not options.label_without_selector:
        result["commonLabels"] = _added(result.get("commonLabels"), labels, options.force_common_labels, "label")
        return
    group: dict[str, Any] = {"pairs": labels}
    if options.label_include_templates:
        group["includeTemplates"] = True
    known = list(result.get("labels") or [])
    if not options.force_common_labels:
        for other in known:
            _added(other.get("pairs") if isinstance(other, dict) else None, labels, False, "label")
    result["labels"] = [*known, group]


def _substituted(entries: Mapping[str, str], variables: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value if variables is None else substitute(value, variables) for key, value in sorted(entries.items())}


def _added(known: Any, entries: Mapping[str, str], force: bool, what: str) -> dict[str, Any]:
    base = dict(known) if isinstance(known, dict) else {}
    for key in entries:
        if key in base and not force:
            flag = f"kustomize.forceCommon{what.capitalize()}s"
            raise Blocked("KustomizeFailed", f"{what} {key} is already in the kustomization: set {flag} to replace it")
    return {**base, **entries}


def _with_images(known: Any, images: tuple[str, ...]) -> list[dict[str, Any]]:
    """Entries by name: an image given again replaces what was said of its name and tag."""
    entries = {str(entry.get("name")): dict(entry) for entry in known or [] if isinstance(entry, dict)}
    for text in images:
        match = _IMAGE.fullmatch(text)
        if match is None or not match["new"]:
            raise Blocked(
                "KustomizeFailed", f"kustomize.images: {text!r} is not name, name:tag, name@digest or old=new"
            )
        name = match["old"] or match["new"]
        entry: dict[str, Any] = {"name": name}
        if match["old"]:
            entry["newName"] = match["new"]
        elif "newName" in entries.get(name, {}):
            entry["newName"] = entries[name]["newName"]
        if match["tag"]:
            entry["newTag"] = match["tag"]
        if match["digest"]:
            entry["digest"] = match["digest"]
        entries[name] = entry
    return list(entries.values())


def _with_replicas(known: Any, replicas: tuple[KustomizeReplica, ...]) -> list[dict[str, Any]]:
    entries = {str(entry.get("name")): dict(entry) for entry in known or [] if isinstance(entry, dict)}
    for replica in replicas:
        try:
            count = int(replica.count)
        except ValueError:
            raise Blocked(
                "KustomizeFailed", f"kustomize.replicas: expected integer value for count. Received: {replica.count}"
            ) from None
        entries[replica.name] = {"name": replica.name, "count": count}
    return list(entries.values())


def _patch(patch: KustomizePatch) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if patch.path:
        entry["path"] = patch.path
    if patch.patch:
        entry["patch"] = patch.patch
    if patch.target is not None:
        target = {
            "group": patch.target.group,
            "version": patch.target.version,
            "kind": patch.target.kind,
            "name": patch.target.name,
            "namespace": patch.target.namespace,
            "annotationSelector": patch.target.annotation_selector,
            "labelSelector": patch.target.label_selector,
        }
        entry["target"] = {key: value for key, value in target.items() if value}
    if patch.options:
        entry["options"] = dict(patch.options)
    return entry
