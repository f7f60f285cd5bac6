"""Archives, a Helm repository and a registry, for tests: real servers that keep a protocol of what they were asked."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
TAR_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A .tar.gz; a text that starts with "-> " is a symlink to what follows."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str) and content.startswith("-> "):
                member.type, member.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
                archive.addfile(member)
                continue
            body = content.encode() if isinstance(content, str) else content
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return gzip.compress(raw.getvalue(), mtime=0)


def chart(name: str, version: str, **files: str) -> bytes:
    manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{version: '{version}'}}\n"
    return packed(
        {
            f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
            f"{name}/templates/a.yaml": manifest,
            **{f"{name}/{path}": text for path, text in files.items()},
        }
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class HelmServer:
    """`entries` are what index.yaml says; `asked` holds the path and the Authorization header of each request."""

    def __init__(self, authorization: str = "") -> None:
        self.authorization = authorization
        self.entries: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []

    def add(self, name: str, version: str, *, url: str = "", digest: str | None = None) -> None:
        content = chart(name, version)
        path = f"{name}-{version}.tgz"
        self.files[f"/charts/{path}"] = content
        said = {"name": name, "version": version, "urls": [url or path]}
        self.entries.setdefault(name, []).append({**said, "digest": sha256(content) if digest is None else digest})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        self.asked.append((request.path, given))
        if self.authorization and given != self.authorization:
            return web.Response(status=401)
        if request.path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[request.path]})
        if request.path == "/charts/index.yaml":
            body = json.dumps({"apiVersion": "v1", "entries": self.entries}, indent=1).encode()
            etag = f'"{sha256(body)}"'
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304)
            return web.Response(body=b"# an index\n" + body, headers={"ETag": etag})
        if request.path in self.files:
            return web.Response(body=self.files[request.path])
        return web.Response(status=404)


class Registry:
    """Hands a token to `user`, `password` when these are given."""

    def __init__(self, user: str = "", password: str = "", page: int = 2) -> None:
        self.expected = (user, password) if user else None
        self.page = page
        self.letter = "Bearer letmein"
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []

    def push(self, name: str, tag: str, layer: bytes, media_type: str = HELM_LAYER, **more: bytes) -> str:
        """Answers the digest of the manifest."""
        layers = [self._blob(layer, media_type), *(self._blob(body, kind) for kind, body in more.items())]
        manifest = msgspec.json.encode({"schemaVersion": 2, "config": self._blob(b"{}", "x"), "layers": layers})
        digest = f"sha256:{sha256(manifest)}"
        self.manifests.setdefault(name, {}).update({tag: manifest, digest: manifest})
        return digest

    def _blob(self, body: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{sha256(body)}"
        self.blobs[digest] = body
        return {"mediaType": media_type, "digest": digest, "size": len(body)}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/token":
            return self._token(request)
        if self.expected and request.headers.get("Authorization") != self.letter:
            realm = f"{request.scheme}://{request.host}/token"
            challenge = f'Bearer realm="{realm}",service="registry",scope="repository:x:pull"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        name, _, rest = request.path.removeprefix("/v2/").partition("/manifests/")
        if rest and rest in self.manifests.get(name, {}):
            return web.Response(body=self.manifests[name][rest])
        name, _, rest = request.path.removeprefix("/v2/").partition("/blobs/")
        if rest and rest in self.blobs:
            return web.Response(body=self.blobs[rest])
        name, found, _ = request.path.removeprefix("/v2/").partition("/tags/list")
        if found and name in self.manifests:
            return self._tags(request, name)
        return web.Response(status=404)

    def _token(self, request: web.Request) -> web.StreamResponse:
        expected = base64.b64encode(":".join(self.expected or ()).encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401)
        return web.json_response({"token": self.letter.removeprefix("Bearer ")})

    def _tags(self, request: web.Request, name: str) -> web.StreamResponse:
        tags = sorted(tag for tag in self.manifests[name] if not tag.startswith("sha256:"))
        start = int(request.query.get("last", "0"))
        headers = {}
        if start + self.page < len(tags):
            headers["Link"] = f'</v2/{name}/tags/list?last={start + self.page}>; rel="next"'
        return web.json_response({"name": name, "tags": tags[start : start + self.page]}, headers=headers)
