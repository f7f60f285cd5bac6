"""Answers the paths that speak of the server itself: discovery, OpenAPI, version and health."""

from __future__ import annotations

from typing import Final

import orjson

from holdfast.model import errors
from holdfast.ports.transport import Request, Response
from holdfast.sandbox import failures, negotiation
from holdfast.sandbox.discovery import AGGREGATED, Discovery
from holdfast.sandbox.open_api import OpenApi
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.rendering import json_response

_TEXT: Final = {"content-type": "text/plain; charset=utf-8"}
_HEALTH: Final = ("/healthz", "/livez", "/readyz")


class Documents:
    """Everything that is no object."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._discovery = Discovery(registry)
        self._open_api = OpenApi(registry)
        self._written: dict[tuple[bool, str], bytes] = {}
        self._written_at = 0

    def answer(self, request: Request) -> Response | None:
        """None for paths of objects. Raises ApiError."""
        path = request.path.rstrip("/") or "/"
        parts = path.strip("/").split("/")
        if not self._is_document(path, parts):
            return None
        if request.method not in ("GET", "HEAD"):
            raise failures.method_not_allowed()
        if path in _HEALTH or (f"/{parts[0]}" in _HEALTH):
            return Response(200, _TEXT, b"ok")
        if parts[0] == "openapi":
            return self._open_api_answer(parts)
        if path == "/version":
            return json_response(self._version())
        if path == "/":
            return json_response({"paths": self._discovery.paths()})
        return self._discovery_answer(parts, request)

    @staticmethod
    def _is_document(path: str, parts: list[str]) -> bool:
        if path in ("/", "/version") or f"/{parts[0]}" in _HEALTH or parts[0] == "openapi":
            return True
        return (parts[0] == "api" and len(parts) <= 2) or (parts[0] == "apis" and len(parts) <= 3)

    def _version(self) -> dict[str, str]:
        if self._registry.version_document:
            return dict(self._registry.version_document)
        version = self._registry.kubernetes_version
        major, minor, *_ = [*version.removeprefix("v").split("."), "0"]
        return {"major": major, "minor": minor, "gitVersion": version, "platform": "linux/amd64"}

    def _discovery_answer(self, parts: list[str], request: Request) -> Response:
        if len(parts) == 1:
            return self._roots(parts[0] == "api", request)
        if parts[0] == "api":
            document = self._discovery.version("", parts[1])
        elif len(parts) == 2:
            document = self._discovery.group(parts[1])
        else:
            document = self._discovery.version(parts[1], parts[2])
        if document is None:
            raise failures.page_not_found()
        return json_response(document)

    def _roots(self, core: bool, request: Request) -> Response:
        for choice in negotiation.choices(request):
            version = choice.parameters.get("v", "")
            wants_all = choice.parameters.get("as") == "APIGroupDiscoveryList"
            if wants_all and version in AGGREGATED and choice.media_type == "application/json":
                body = self._aggregated(core, version)
                kind = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                return Response(200, {"content-type": kind, "vary": "Accept"}, body)
        document = self._discovery.core_versions() if core else self._discovery.groups()
        return json_response(document, headers={"vary": "Accept"})

    def _aggregated(self, core: bool, version: str) -> bytes:
        """The long document that every client asks for again and again, made once until what is served changes."""
        if self._written_at != self._registry.generation:
            self._written_at = self._registry.generation
            self._written.clear()
        body = self._written.get((core, version))
        if body is None:
            body = self._written[core, version] = orjson.dumps(self._discovery.aggregated(core, version))
        return body

    def _open_api_answer(self, parts: list[str]) -> Response:
        if parts[:2] == ["openapi", "v2"]:
            # Clients that know version 3 do without.
            raise errors.NotFound("OpenAPI v2 is not served; use /openapi/v3")
        if parts[:2] != ["openapi", "v3"]:
            raise failures.page_not_found()
        path = "/".join(parts[2:])
        if not path:
            return json_response(self._open_api.index())
        document = self._open_api.document(path)
        if document is None:
            raise failures.page_not_found()
        return json_response(document, headers={"etag": f'"{self._open_api.etag(path)}"'})
