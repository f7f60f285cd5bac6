#!/usr/bin/env python3
"""Writes how Kubernetes' own types are written on the wire, from the Go sources that declare them.

    python3 scripts/generate_wire_types.py [--modules DIRECTORY] [--output FILE]

DIRECTORY is where Go keeps the modules of k8s.io (by default `$(go env GOMODCACHE)/k8s.io`; building the control plane of
the tests puts them there). The output, by default `src/holdfast/sandbox/wire_types.json.gz`, is what OpenAPI does not tell
and the sandbox needs: the field numbers of protobuf, in which kubectl sends some objects, and which fields are left out of
JSON when they are empty. It holds, by the name of the schema such as "io.k8s.api.apps.v1.Deployment", the fields as
`[name in JSON, number, type, flags]`:

type    "string", "bool", "int32", "int64", "float64", "bytes"; "quantity", "intOrString", "time", "microTime", "duration", "json";
        "list:TYPE", "map:TYPE"; or the name of another schema
flags   "p" a pointer (its zero value says something), "o" left out when empty, "i" its fields stand in the outer object
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
KINDS: Final = CHECKOUT / "src" / "holdfast" / "sandbox" / "kinds.json.gz"
OUTPUT: Final = CHECKOUT / "src" / "holdfast" / "sandbox" / "wire_types.json.gz"

SPECIAL: Final = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "microTime",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Duration": "duration",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "json",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "json",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "json",
}
SCALARS: Final = {
    "string": "string",
    "bool": "bool",
    "int32": "int32",
    "int64": "int64",
    "uint64": "int64",
    "int": "int64",
    "float64": "float64",
    "[]byte": "bytes",
}
IMPORT: Final = re.compile(r'^\s*(?:import\s+)?(\w+\s+)?"(k8s\.io/[^"]+)"', re.MULTILINE)
STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
ALIAS: Final = re.compile(r"^type (\w+) (?!struct)(\S.*?)$", re.MULTILINE)
FIELD: Final = re.compile(r"^\s*(?:(\w+)\s+)?(\*?(?:\[\]|map\[[\w.]+\])*\*?[\w.]+)\s+`([^`]*)`", re.MULTILINE)
TAG: Final = re.compile(r'(\w+):"([^"]*)"')

Field = tuple[str, int, str, str]


class Sources:
    """The structs and aliases of the packages that are read, by the name of their schema."""

    def __init__(self, modules: Path) -> None:
        self.modules = modules
        self.structs: dict[str, list[tuple[str, str, str]]] = {}
        self.aliases: dict[str, str] = {}
        self.read: set[str] = set()

    def read_package(self, package: str) -> None:
        """`package` such as io.k8s.api.core.v1."""
        if package in self.read:
            return
        self.read.add(package)
        module, _, rest = package.removeprefix("io.k8s.").partition(".")
        for directory in sorted(self.modules.glob(f"{module}@v0.*")):
            for path in sorted((directory / rest.replace(".", "/")).glob("*.go")):
                if not path.name.startswith("zz_") and not path.name.endswith(("_test.go", ".pb.go")):
                    self._read_file(package, path.read_text())

    def _read_file(self, package: str, text: str) -> None:
        imports = {}
        for name, path in IMPORT.findall(text):
            prefix = "io.k8s." + path.removeprefix("k8s.io/").replace("/", ".")
            imports[name.strip() or path.rpartition("/")[2]] = prefix
        for name, target in ALIAS.findall(text):
            self.aliases[f"{package}.{name}"] = self._qualified(target.split("//")[0].strip(), package, imports)
        for name, body in STRUCT.findall(text):
            fields = [(each, self._qualified(kind, package, imports), tag) for each, kind, tag in FIELD.findall(body)]
            self.structs[f"{package}.{name}"] = fields

    def _qualified(self, kind: str, package: str, imports: dict[str, str]) -> str:
        """A Go type with its names in full."""
        if kind.startswith("*"):
            return "*" + self._qualified(kind[1:], package, imports)
        if kind == "[]byte" or kind in SCALARS:
            return kind
        if kind.startswith("[]"):
            return "[]" + self._qualified(kind[2:], package, imports)
        if kind.startswith("map["):
            return "map[]" + self._qualified(kind.partition("]")[2], package, imports)
        head, dot, name = kind.partition(".")
        return f"{imports.get(head, head)}.{name}" if dot else f"{package}.{kind}"

    def type_of(self, kind: str) -> str:
        """The type as the output has it; the packages it comes from are read on the way."""
        kind = kind.removeprefix("*")
        if kind in SCALARS:
            return SCALARS[kind]
        if kind in SPECIAL:
            return SPECIAL[kind]
        if kind.startswith("[]"):
            return f"list:{self.type_of(kind[2:])}"
        if kind.startswith("map[]"):
            return f"map:{self.type_of(kind[5:])}"
        self.read_package(kind.rpartition(".")[0])
        if kind in self.aliases:
            return self.type_of(self.aliases[kind])
        return kind

    def fields(self, schema: str) -> list[Field]:
        self.read_package(schema.rpartition(".")[0])
        found: list[Field] = []
        for name, kind, tag in self.structs.get(schema, ()):
            tags = dict(TAG.findall(tag))
            words = tags.get("protobuf", "").split(",")
            number = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
            json_name, *options = tags.get("json", "").split(",")
            if json_name == "-" or "json" not in tags or kind.endswith(".TypeMeta"):
                continue
            inline = not json_name
            flags = ("p" if kind.startswith("*") else "") + ("o" if "omitempty" in options else "")
            if inline:
                flags, json_name = "i", name or kind.rpartition(".")[2]
            found.append((json_name, number, self.type_of(kind), flags))
        return found


def build(modules: Path) -> dict[str, list[Field]]:
    """All types that the served kinds are made of."""
    kinds = json.loads(gzip.decompress(KINDS.read_bytes()))
    sources = Sources(modules)
    wanted = sorted(kinds["schemas"])
    result: dict[str, list[Field]] = {}
    while wanted:
        schema = wanted.pop()
        if schema in result or schema in SPECIAL:
            continue
        fields = sources.fields(schema)
        if not fields:
            continue
        result[schema] = fields
        for _, _, kind, _ in fields:
            name = kind.rpartition(":")[2]
            if name.startswith("io.k8s."):
                wanted.append(name)
    return result


def write(path: Path, types: dict[str, list[Field]]) -> None:
    """The same bytes for the same types."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(json.dumps(types, sort_keys=True, separators=(",", ":")).encode())
    path.write_bytes(buffer.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(description="Write how Kubernetes' own types are written on the wire.")
    parser.add_argument("--modules", type=Path, help="the directory of k8s.io in Go's module cache")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    modules = options.modules
    if modules is None:
        cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
        modules = Path(cache) / "k8s.io"
    types = build(modules)
    if "io.k8s.api.apps.v1.Deployment" not in types:
        print(f"no sources of Kubernetes' types in {modules}", file=sys.stderr)
        return 1
    write(options.output, types)
    print(f"{options.output}: {len(types)} types, {options.output.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
