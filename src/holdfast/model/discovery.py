"""What kinds a cluster serves, and the paths under which it serves them."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from holdfast.model.keys import GroupKind


class ResourceType(Struct, frozen=True):
    """One served group, version and resource. `subresources` are their names ("status", "scale")."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    subresources: frozenset[str] = frozenset()
    short_names: tuple[str, ...] = ()
    singular: str = ""
    categories: tuple[str, ...] = ()

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def collection_path(self, namespace: str = "") -> str:
        """`/apis/apps/v1/namespaces/NS/deployments`; without a namespace the collection of all namespaces."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}"

    def object_path(self, namespace: str, name: str, subresource: str = "") -> str:
        return f"{self.collection_path(namespace)}/{name}" + (f"/{subresource}" if subresource else "")


class Discovery(Struct, frozen=True, dict=True):
    """All that a cluster serves, versions of a kind in the server's order of preference."""

    kubernetes_version: str
    types: tuple[ResourceType, ...]

    def find(self, group_kind: GroupKind, version: str = "") -> ResourceType | None:
        """The served type of this kind: the version asked for, or the preferred one when none is asked for."""
        for served in self._by_kind.get(group_kind, ()):
            if version in ("", served.version):
                return served
        return None

    @cached_property
    def _by_kind(self) -> dict[GroupKind, list[ResourceType]]:
        found: dict[GroupKind, list[ResourceType]] = {}
        for served in self.types:
            found.setdefault(served.group_kind, []).append(served)
        return found

    def api_versions(self) -> tuple[str, ...]:
        """What Helm calls Capabilities.APIVersions: every `group/version` and every `group/version/Kind`."""
        return self._api_versions

    @cached_property
    def _api_versions(self) -> tuple[str, ...]:
        names = {served.api_version for served in self.types}
        names |= {f"{served.api_version}/{served.kind}" for served in self.types}
        return tuple(sorted(names))
