"""What a plugin gave back: manifests, or the text of a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import objects
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.rendering import RenderLimits, RenderResult

MAX_MESSAGE: Final = 2000
MASK: Final = "********"
_SHORTEST_SECRET: Final = 4
_SECRET_NAME: Final = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|PRIVATE|_KEY|APIKEY|AUTH", re.IGNORECASE)
_SECRET_TEXTS: Final = (
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),
    re.compile(r"(?i)(?<=bearer )[\w.~+/=-]+"),
    re.compile(
        r"(?i)(?:(?<=password)|(?<=passwd)|(?<=secret)|(?<=token)|(?<=apikey)|(?<=api_key))(?P<mark>[\"']?\s*[=:]\s*)[^\s,;&]+"
    ),
)


def result(texts: Iterable[str], plugin: str, limits: RenderLimits) -> RenderResult:
    """Raises Blocked."""
    collected = objects.collect(_documents(texts, plugin, limits), limits.documents)
    return RenderResult(collected.objects, "Plugin", plugin=plugin, doubled=collected.doubled)


def _documents(texts: Iterable[str], plugin: str, limits: RenderLimits) -> Iterator[Document]:
    bounds = yaml_documents.YamlLimits(bytes=limits.output_bytes, documents=limits.documents)
    count = 0
    for text in texts:
        try:
            found = yaml_documents.load_all(text, bounds)
        except yaml_documents.YamlTooLarge as error:
            raise Blocked("ManifestTooLarge", f"plugin {plugin}: {error}") from error
        except yaml_documents.YamlInvalid as error:
            raise Blocked("ManifestInvalid", f"plugin {plugin}: its output is no YAML: {error}") from error
        for content in found:
            count += 1
            yield Document(f"plugin {plugin}, object {count}", content)


def told(said: str, environment: Mapping[str, str], known: Iterable[str] = ()) -> str:
    """The end of a plugin's complaint without what is secret in it, in one line.

    Secret are the values of variables whose names sound like it, passwords in addresses, and what stands behind words
    like "password="; and what is `known` to be.
    """
    secrets = {*known, *(value for name, value in environment.items() if _SECRET_NAME.search(name))}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            said = said.replace(secret, MASK)
    for pattern in _SECRET_TEXTS:
        said = pattern.sub(lambda match: (match.groupdict().get("mark") or "") + MASK, said)
    text = " ".join(said.split())
    return text if len(text) <= MAX_MESSAGE else f"…{text[-MAX_MESSAGE:]}"
