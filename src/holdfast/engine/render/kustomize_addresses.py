"""Refuses addresses where kustomize reads files: it asks for them itself, and on this very machine past any proxy. What
inflates charts is refused among the generators, too: it would look for Helm and ask for the chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from holdfast.engine.render.kustomize_chart_fields import GENERATOR, is_generator
from holdfast.model.errors import Blocked

_ADDRESS: Final = re.compile(r"(?:^|=)\s*https?:", re.IGNORECASE)
# Go reads names of fields in any case.
_NAMES_OF_FILES: Final = frozenset(
    ["files", "envs", "env", "path", "paths", "crds", "configurations", "patches", "patchesstrategicmerge"]
)
_NO_FILES_BELOW: Final = frozenset(["commonannotations", "commonlabels", "annotations", "labels", "pairs", "metadata"])


def remote(file: str, field: str, entry: str) -> Blocked:
    return Blocked(
        "KustomizeFailed",
        f"{file}: {field}: {entry[:200]!r} is remote, and builds have no network: copy it into the repository",
    )


def refuse(file: str, content: Any) -> None:
    """Raises Blocked where a field that names files holds an address. `content` is a document of `file`."""
    if isinstance(content, list):
        for one in content:
            refuse(file, one)
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if str(key).lower() in _NO_FILES_BELOW:
                continue
            entries = value if isinstance(value, list) else [value]
            if str(key).lower() in _NAMES_OF_FILES:
                for entry in entries:
                    if isinstance(entry, str) and "\n" not in entry and _ADDRESS.search(entry):
                        raise remote(file, str(key), entry)
            refuse(file, value)


def refuse_in_documents(file: str, documents: Iterable[Any], *, inflates: bool) -> None:
    """The same for the documents of a plugin, which may inflate charts where it `inflates`."""
    for content in documents:
        if isinstance(content, Mapping) and content.get("kind") == GENERATOR:
            if inflates and is_generator(content):
                continue
            raise Blocked(
                "KustomizeFailed",
                f"{file}: {GENERATOR} is not run here: name it, with apiVersion builtin, under generators of the "
                "kustomization itself, or the chart under helmCharts",
            )
        refuse(file, content)
