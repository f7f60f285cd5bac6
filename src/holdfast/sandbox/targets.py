"""Takes the path of a request apart: which resource, namespace, object and subresource it speaks of."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct


class Target(Struct, frozen=True):
    """`name` is "" for a collection, `namespace` is "" for all namespaces and for cluster-scoped resources."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    is_watch: bool = False


@lru_cache(maxsize=1024)
def parse(path: str) -> Target | None:
    """The target of `/api/v1/…` and `/apis/GROUP/VERSION/…`, None for a path that has another form."""
    parts = path.strip("/").split("/")
    match parts:
        case ["api", version, *rest] if rest:
            group = ""
        case ["apis", group, version, *rest] if rest:
            pass
        case _:
            return None
    is_watch = rest[0] == "watch" and len(rest) > 1
    if is_watch:
        rest = rest[1:]
    if "" in rest:
        return None
    namespace = ""
    # /namespaces/NAME/status and /finalize are subresources of the Namespace itself
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    plural, *rest = rest
    name = rest[0] if rest else ""
    return Target(group, version, plural, namespace, name, "/".join(rest[1:]), is_watch)
