"""Reads the data file of the built-in kinds: what a real API server says in its discovery and OpenAPI documents."""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any, Final

import msgspec
from msgspec import Struct

DATA_FILE: Final = "kinds.json.gz"


class SubresourceKind(Struct, frozen=True):
    """A subresource as discovery lists it; `group` and `version` are those of what it carries (a Scale, say)."""

    kind: str = ""
    group: str = ""
    version: str = ""
    verbs: tuple[str, ...] = ()


class BuiltinKind(Struct, frozen=True, rename="camel"):
    """One served version of one resource. `schema` names a component of BuiltinKinds.schemas."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: dict[str, SubresourceKind] = {}
    preferred: bool = False
    schema: str = ""
    table_columns: tuple[dict[str, Any], ...] = ()
    storage_version_hash: str = ""


class BuiltinKinds(Struct, frozen=True, rename="camel"):
    """All built-in kinds in the order of discovery, and the OpenAPI v3 component schemas that describe them."""

    kubernetes_version: str
    version: dict[str, str] = {}
    resources: tuple[BuiltinKind, ...] = ()
    schemas: dict[str, dict[str, Any]] = {}


def load() -> BuiltinKinds:
    """The kinds that come with the package."""
    return decode(gzip.decompress(resources.files("holdfast.sandbox").joinpath(DATA_FILE).read_bytes()))


def decode(document: bytes) -> BuiltinKinds:
    """The kinds of one JSON document of that format."""
    return msgspec.json.decode(document, type=BuiltinKinds)
