"""A repository of an attacker, a secret beside it, and a host on this machine that he would like to have asked."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.adapters.rendering.perform import perform
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RefLocation, RenderLimits, RenderRequest, RenderResult
from tests.oracles.programs import CACHE
from tests.unit.adapters.git.origin import Origin

SECRET = "hunter2-of-the-host"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
Render = Callable[..., RenderResult]


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file beside the repository; the same text stands in the environment."""
    monkeypatch.setenv("HOLDFAST_SECRET", SECRET)
    file = tmp_path / "secret.yaml"
    file.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: stolen}}\ndata: {{a: {SECRET}}}\n")
    return file


@pytest.fixture
def render(tmp_path: Path, secret: Path) -> Render:
    """Renders the folder `app` of the files, as the engine does. A text "-> x" is a symlink to x."""

    def go(files: Mapping[str, str], limits: RenderLimits | None = None, **source: Any) -> RenderResult:
        root, other = tmp_path / "repository", tmp_path / "other"
        other.mkdir(exist_ok=True)
        if not (other / "out").is_symlink():
            (other / "out").symlink_to("../secret.yaml")
        for name, text in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                target.symlink_to(text.removeprefix("-> ").replace("SECRET", str(secret)))
            else:
                target.write_text(text.replace("SECRET", str(secret)))
        request = RenderRequest(
            location=TreeLocation(str(root), COMMIT),
            source=ApplicationSource(repo_url="https://git.example/a.git", path=source.pop("path", "app"), **source),
            app_name="shop",
            app_namespace="argocd",
            project="default",
            namespace="shop",
            kube_version="v1.31.2",
            limits=limits or RenderLimits(),
            refs=(RefLocation("other", TreeLocation(str(other), COMMIT)),),
        )
        return perform(open_local_tree, request, CACHE)

    return go


@pytest.fixture
def refused(render: Render) -> Callable[..., Blocked]:
    """The refusal of what the attacker gave, which tells nothing of the secret."""

    def go(files: Mapping[str, str], **source: Any) -> Blocked:
        with pytest.raises(Blocked) as caught:
            render(files, **source)
        assert SECRET not in caught.value.message
        return caught.value

    return go


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """The address of a service of this machine, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"a: {SECRET}\n".encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")
