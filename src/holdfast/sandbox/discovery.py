"""What is served, as discovery tells it: the old documents of each group and version, and the aggregated ones."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any, Final

from holdfast.sandbox.registry import Registry, ServedType

AGGREGATED: Final = ("v2", "v2beta1")


class Discovery:
    """Documents of the registry as it is at the moment they are asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def core_versions(self) -> dict[str, Any]:
        """`/api`."""
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}

    def groups(self) -> dict[str, Any]:
        """`/apis`."""
        groups = [_group(name, versions) for name, versions in self._versions().items() if name]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def group(self, name: str) -> dict[str, Any] | None:
        """`/apis/GROUP`."""
        versions = self._versions().get(name)
        if not versions:
            return None
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}

    def version(self, group: str, version: str) -> dict[str, Any] | None:
        """`/apis/GROUP/VERSION`."""
        types = self._registry.of_version(group, version)
        if not types:
            return None
        document: dict[str, Any] = {"kind": "APIResourceList"}
        if group:
            document["apiVersion"] = "v1"
        document["groupVersion"] = f"{group}/{version}" if group else version
        document["resources"] = [entry for served in types for entry in _resources(served)]
        return document

    def aggregated(self, core: bool, version: str) -> dict[str, Any]:
        """`/api` or `/apis` with everything in it."""
        items = []
        for group, versions in self._versions().items():
            if (group == "") is not core:
                continue
            described = [_aggregated_version(each, self._registry.of_version(group, each)) for each in versions]
            items.append({"metadata": {"name": group} if group else {}, "versions": described})
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{version}",
            "metadata": {},
            "items": items,
        }

    def paths(self) -> list[str]:
        """`/`: where there is something to find."""
        found = {"/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"}
        for group, versions in self._versions().items():
            root = f"/apis/{group}" if group else "/api"
            found |= {root, *(f"{root}/{version}" for version in versions)}
        return sorted(found)

    def _versions(self) -> dict[str, list[str]]:
        """The versions of each group, in order."""
        groups: dict[str, list[str]] = {}
        for served in self._registry:
            versions = groups.setdefault(served.group, [])
            if served.version not in versions:
                versions.append(served.version)
        custom = {served.group for served in self._registry if served.is_custom}
        return {
            group: sorted(versions, key=version_rank, reverse=True) if group in custom else versions
            for group, versions in groups.items()
        }


def version_rank(version: str) -> tuple[int, int, int, str]:
    """The order of versions: v2, v1, v2beta1, v1alpha1, then anything else by its name."""
    digits = version[1:] if version.startswith("v") else ""
    for rank, word in ((2, "beta"), (1, "alpha")):
        major, found, minor = digits.partition(word)
        if found and major.isdigit() and (minor.isdigit() or not minor):
            return (rank, int(major), int(minor or 0), "")
    return (3, int(digits), 0, "") if digits.isdigit() else (0, 0, 0, version)


def _group(name: str, versions: Iterable[str]) -> dict[str, Any]:
    described = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": described, "preferredVersion": described[0]}


def _resources(served: ServedType) -> Iterable[dict[str, Any]]:
    entry: dict[str, Any] = {
        "name": served.plural,
        "singularName": served.singular,
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": list(served.verbs),
    }
    if served.short_names:
        entry["shortNames"] = list(served.short_names)
    if served.categories:
        entry["categories"] = list(served.categories)
    if "watch" in served.verbs:
        entry["storageVersionHash"] = served.storage_hash or _storage_hash(served)
    yield entry
    for name, subresource in served.subresources.items():
        below: dict[str, Any] = {"name": f"{served.plural}/{name}", "singularName": "", "namespaced": served.namespaced}
        if (subresource.group, subresource.version) != (served.group, served.version):
            below["group"], below["version"] = subresource.group, subresource.version
        below["kind"] = subresource.kind
        below["verbs"] = list(subresource.verbs)
        yield {key: value for key, value in below.items() if value != "" or key == "singularName"}


def _storage_hash(served: ServedType) -> str:
    digest = hashlib.sha256(f"{served.group}/{served.storage_version}/{served.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _aggregated_version(version: str, types: Iterable[ServedType]) -> dict[str, Any]:
    resources = []
    for served in types:
        entry: dict[str, Any] = {
            "resource": served.plural,
            "responseKind": {"group": served.group, "version": served.version, "kind": served.kind},
            "scope": "Namespaced" if served.namespaced else "Cluster",
            "singularResource": served.singular,
            "verbs": list(served.verbs),
        }
        if served.short_names:
            entry["shortNames"] = list(served.short_names)
        if served.categories:
            entry["categories"] = list(served.categories)
        if served.subresources:
            entry["subresources"] = [
                {
                    "subresource": name,
                    "responseKind": {"group": each.group, "version": each.version, "kind": each.kind},
                    "verbs": list(each.verbs),
                }
                for name, each in served.subresources.items()
            ]
        resources.append(entry)
    return {"version": version, "resources": resources, "freshness": "Current"}
