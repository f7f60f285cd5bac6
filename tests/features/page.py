"""A page of docs/features, whose examples the tests use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.engine.lang import yaml_documents
from holdfast.model.kube import KubeObject

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "features"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_ARGO_CD = re.compile(r"^In Argo CD: (yes|no|partly)\b", re.MULTILINE)


class Page:
    """The fenced blocks of a page that have a name: ```` ```yaml application ````."""

    def __init__(self, slug: str, fit: Callable[[str], str] = lambda text: text) -> None:
        self._path = FOLDER / f"{slug}.md"
        self._fit = fit
        self.text = self._path.read_text(encoding="utf-8")

    def block(self, name: str) -> str:
        """The text of a block as this house needs it."""
        found = [text for _, known, text in BLOCK.findall(self.text) if known == name]
        assert len(found) == 1, f"{self._path.name} has {len(found)} blocks named {name}"
        return self._fit(found[0])

    def all(self, name: str) -> list[KubeObject]:
        """The objects of a YAML block."""
        return [_as_object(document) for document in yaml_documents.load_all(self.block(name))]

    def yaml(self, name: str) -> KubeObject:
        """The only object of a YAML block."""
        (found,) = self.all(name)
        return found


def _as_object(document: Any) -> KubeObject:
    assert isinstance(document, dict), document
    return document
