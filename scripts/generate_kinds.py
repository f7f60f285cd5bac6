#!/usr/bin/env python3
"""Writes the sandbox's knowledge of Kubernetes' own kinds from what a real API server says of itself.

    python3 scripts/generate_kinds.py [--kubeconfig FILE] [--output FILE]

Without a kubeconfig the control plane of the tests is started (build it first: `make control-plane`). A kubeconfig must
be of the kind whose path `python3 -m tests.controlplane.server` prints, and its server a fresh one: custom resources
would be written too. The output, by default `src/holdfast/sandbox/kinds.json.gz`, is the same for the same server: gzip
without a time stamp, JSON with sorted keys. It holds one object:

`kubernetesVersion`  such as "v1.37.2"
`version`            the document of /version
`groups`             what is served, in the server's order, the core group ("") first:
                     `{"name", "versions": [in the server's order, the preferred one first]}`
`resources`          each served resource, in the order of its group, its version and the server's list in that:
    `group`, `version`, `kind`, `plural`, `singular`, `namespaced`, `shortNames`, `categories`, `verbs`
    `preferred`      whether this version is the first of the group that serves the resource
    `schema`         the name of its schema, "" if it has none
    `storageVersionHash`  only where the server gives one
    `subresources`   by name, such as "status" or "scale": `{"group", "version", "kind", "verbs", "schema"}`
    `tableColumns`   `[{"name", "type", "format", "priority"}]`, empty where the resource cannot be listed
`schemas`            the OpenAPI v3 schemas of all of them and of what they refer to, by name, such as
                     "io.k8s.api.apps.v1.Deployment", as the server gives them: `$ref`, `default`, `required`, `type`,
                     `format`, `enum` and the `x-kubernetes-*` extensions stay (list types and map keys decide
                     server-side apply, patch strategies and merge keys decide strategic merge). Only descriptions are
                     cut, to their first sentence and 120 characters.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

CHECKOUT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from tests.child_programs import ProgramError  # noqa: E402 - found by the line above
from tests.controlplane.api import Api  # noqa: E402 - as above
from tests.controlplane.server import ControlPlane  # noqa: E402 - as above

Json = dict[str, Any]

OUTPUT: Final = CHECKOUT / "src" / "holdfast" / "sandbox" / "kinds.json.gz"
AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
DESCRIPTION_LENGTH: Final = 120
REFERENCE: Final = "#/components/schemas/"
KINDS: Final = "x-kubernetes-group-version-kind"


class DataError(Exception):
    """The server's documents do not fit together as this script expects."""


class Version(NamedTuple):
    """One served version of one group; the core group is ""."""

    group: str
    name: str

    @property
    def path(self) -> str:
        """Where it is served, and under which name OpenAPI v3 knows it."""
        return f"apis/{self.group}/{self.name}" if self.group else f"api/{self.name}"


def fetch(api: Api, path: str, accept: str = "application/json") -> Json:
    """One document of the server."""
    answer = api.request("GET", path, headers={"Accept": accept})
    if answer.status != 200:
        raise DataError(f"GET {path} answers {answer.status}: {answer.body[:200].decode(errors='replace')}")
    document: Json = json.loads(answer.body)
    return document


def collect(api: Api) -> Json:
    """The whole content of the data file."""
    discovered = [group for root in ("/api", "/apis") for group in fetch(api, root, AGGREGATED)["items"]]
    served: dict[Version, list[Json]] = {}
    groups: list[Json] = []
    for group in discovered:
        name = group["metadata"].get("name", "")
        groups.append({"name": name, "versions": [version["version"] for version in group["versions"]]})
        served |= {Version(name, version["version"]): version["resources"] for version in group["versions"]}
    components = collect_schemas(api, list(served))
    names = schema_names(components)
    resources: list[Json] = []
    seen: set[tuple[str, str]] = set()
    for version, listed in served.items():
        hashes = storage_hashes(api, version)
        for entry in listed:
            resource = resource_of(version, entry, names)
            key = (version.group, resource["plural"])
            resource["preferred"] = key not in seen
            resource["tableColumns"] = table_columns(api, version, resource)
            if resource["plural"] in hashes:
                resource["storageVersionHash"] = hashes[resource["plural"]]
            seen.add(key)
            resources.append(resource)
    version_document = fetch(api, "/version")
    return {
        "kubernetesVersion": version_document["gitVersion"],
        "version": version_document,
        "groups": groups,
        "resources": resources,
        "schemas": reachable(components, wanted_schemas(resources)),
    }


def collect_schemas(api: Api, versions: Sequence[Version]) -> dict[str, Json]:
    """The schemas of all versions; the documents agree on what they share, but for the kinds of option types."""
    paths = fetch(api, "/openapi/v3")["paths"]
    together: dict[str, Json] = {}
    for version in versions:
        document = fetch(api, paths[version.path]["serverRelativeURL"])
        for name, schema in document["components"]["schemas"].items():
            known = together.setdefault(name, schema)
            if without_kinds(known) != without_kinds(schema):
                raise DataError(f"{name} differs between the OpenAPI documents")
    return {name: shortened(schema) for name, schema in together.items()}


def without_kinds(schema: Json) -> Json:
    """A schema without the list of kinds that it describes."""
    return {key: value for key, value in schema.items() if key != KINDS}


def schema_names(schemas: Mapping[str, Json]) -> dict[tuple[str, str, str], str]:
    """Which schema describes a kind; one that describes many (DeleteOptions, WatchEvent) is none of them."""
    found: dict[tuple[str, str, str], str] = {}
    for name, schema in schemas.items():
        kinds = schema.get(KINDS, [])
        if len(kinds) == 1:
            kind = kinds[0]
            found[kind["group"], kind["version"], kind["kind"]] = name
    return found


def resource_of(version: Version, entry: Json, names: Mapping[tuple[str, str, str], str]) -> Json:
    """One resource, from its entry in aggregated discovery."""
    kind = described(version, entry["responseKind"], entry["verbs"], names)
    return {
        "group": version.group,
        "version": version.name,
        "kind": kind["kind"],
        "plural": entry["resource"],
        "singular": entry["singularResource"],
        "namespaced": entry["scope"] == "Namespaced",
        "shortNames": entry.get("shortNames", []),
        "categories": entry.get("categories", []),
        "verbs": kind["verbs"],
        "schema": kind["schema"],
        "subresources": {
            each["subresource"]: described(version, each["responseKind"], each["verbs"], names)
            for each in entry.get("subresources", [])
        },
    }


def described(version: Version, kind: Json, verbs: list[str], names: Mapping[tuple[str, str, str], str]) -> Json:
    """What a resource or subresource answers with; discovery leaves out a group and version that are the resource's."""
    group = kind.get("group") or (version.group if not kind.get("version") else "")
    of_version = kind.get("version") or version.name
    return {
        "group": group,
        "version": of_version,
        "kind": kind["kind"],
        "verbs": verbs,
        "schema": names.get((group, of_version, kind["kind"]), ""),
    }


def storage_hashes(api: Api, version: Version) -> dict[str, str]:
    """The storage version hash of each resource of a version, which only the older form of discovery has."""
    listed = fetch(api, f"/{version.path}")["resources"]
    return {each["name"]: each["storageVersionHash"] for each in listed if "storageVersionHash" in each}


def table_columns(api: Api, version: Version, resource: Json) -> list[Json]:
    """The columns in which the server lists a resource for people."""
    if "list" not in resource["verbs"]:
        return []
    table = fetch(api, f"/{version.path}/{resource['plural']}?limit=1", TABLE)
    fields = ("name", "type", "format", "priority")
    return [{field: column[field] for field in fields} for column in table["columnDefinitions"]]


def wanted_schemas(resources: Sequence[Json]) -> set[str]:
    """The schemas that resources and their subresources name."""
    own = {resource["schema"] for resource in resources}
    below = {each["schema"] for resource in resources for each in resource["subresources"].values()}
    return (own | below) - {""}


def reachable(schemas: Mapping[str, Json], wanted: set[str]) -> dict[str, Json]:
    """The wanted schemas and all that they refer to."""
    kept: dict[str, Json] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = schemas[name]
            waiting.extend(references(schemas[name]))
    return kept


def references(schema: Json) -> Iterator[str]:
    """The names of the schemas that one refers to itself."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield reference.removeprefix(REFERENCE)
    for _, child in children(schema):
        yield from references(child)


def children(schema: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The schemas directly in a schema, each with the way to it: a property may be called "default" or "items"."""
    for name, child in schema.get("properties", {}).items():
        yield ("properties", name), child
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            yield (key,), schema[key]
    for key in ("allOf", "anyOf", "oneOf"):
        for index, child in enumerate(schema.get(key, [])):
            yield (key, index), child


def shortened(schema: Json) -> Json:
    """A copy with each description cut to one line."""
    result: Json = json.loads(json.dumps(schema))
    _shorten(result)
    return result


def _shorten(schema: Json) -> None:
    if "description" in schema:
        schema["description"] = first_sentence(schema["description"])
    for _, child in children(schema):
        _shorten(child)


def first_sentence(text: str) -> str:
    """The first sentence of a text, cut at 120 characters."""
    line = " ".join(text.split("\n\n", 1)[0].split())
    # A sentence ends where a capital letter follows, so not at "e.g. this" or "i.e. that".
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z])", line, maxsplit=1)[0]
    return sentence if len(sentence) <= DESCRIPTION_LENGTH else sentence[: DESCRIPTION_LENGTH - 1].rstrip() + "…"


def packed(content: Json) -> bytes:
    """The bytes of the data file."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(text)
    return buffer.getvalue()


def summary(data: bytes) -> str:
    """What a data file holds, after reading it back."""
    text = gzip.decompress(data)
    content = json.loads(text)
    resources = content["resources"]
    subresources = Counter(name for resource in resources for name in resource["subresources"])
    without = [f"{each['plural']}.{each['group']}" for each in resources if not each["schema"]]
    of_kind = f"{subresources['status']} status, {subresources['scale']} scale"
    lines = (
        f"Kubernetes {content['kubernetesVersion']}: {len(content['groups'])} groups, {len(resources)} resources",
        f"{sum(subresources.values())} subresources ({of_kind})",
        f"{len(content['schemas'])} schemas; resources without one: {', '.join(without) or 'none'}",
        f"{sum(len(each['tableColumns']) for each in resources)} table columns",
        f"{len(data):,} bytes packed, {len(text):,} unpacked",
    )
    return "\n".join(lines)


@contextmanager
def server(kubeconfig: Path | None) -> Iterator[Api]:
    """The API server to ask: that of a kubeconfig, else one of our own."""
    if kubeconfig is not None:
        yield Api.from_kubeconfig(kubeconfig)
        return
    with ControlPlane(controller_manager=False) as cluster:
        yield cluster.api


def main() -> int:
    """Writes the file and says what is in it."""
    parser = argparse.ArgumentParser(description="Write the sandbox's data file of Kubernetes' own kinds.")
    parser.add_argument("--kubeconfig", type=Path, help="ask this server instead of starting one")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    try:
        with server(options.kubeconfig) as api:
            data = packed(collect(api))
    except (ProgramError, DataError) as error:
        print(error, file=sys.stderr)
        return 1
    options.output.write_bytes(data)
    print(f"{options.output}\n{summary(data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
