"""Builds a kustomization with the kustomize program, in a folder that holds only what the build may read."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

from holdfast.adapters.rendering import kustomize_tool, materialise
from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import kustomize, objects, paths
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree
from holdfast.model.rendering import RenderLimits, RenderResult

_CHUNK: Final = 1 << 16
_MAX_MESSAGE: Final = 4000
_LOGGED: Final = re.compile(r'"command failed" err=(?:<(?P<block>.*)>|"(?P<quoted>(?:[^"\\]|\\.)*)")', re.DOTALL)
_NOWHERE: Final = "http://127.0.0.1:9"


def render(tree: FileTree, job: KustomizeJob, limits: RenderLimits, tools: Path | None) -> RenderResult:
    tool = kustomize_tool.find(tools)
    reached = kustomize.closure(tree, job)
    with tempfile.TemporaryDirectory(prefix="holdfast-kustomize-", ignore_cleanup_errors=True) as name:
        root = Path(name) / "tree"
        if reached.whole:
            materialise.write_files(tree, paths.files_below(tree, ""), root)
        else:
            materialise.write_paths(tree, reached.files, root)
        if job.text:
            (root / job.file).write_text(job.text, encoding="utf-8")
        text = _run(tool, root / job.path, Path(name), limits)
    return _result(text, job, limits)


def _run(tool: kustomize_tool.Tool, folder: Path, home: Path, limits: RenderLimits) -> bytes:
    """Plugins, Helm and remote bases stay off: nothing is on PATH and no proxy answers."""
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": str(home / "nothing"),
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
    }
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [tool.program, *tool.arguments, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=home / "tree",
            env=environment,
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limits.seconds, stop)
        timer.start()
        try:
            text = _bounded_output(process, limits)
        finally:
            timer.cancel()
            process.kill()
            process.wait()
        if late.is_set():
            raise Blocked("RenderTimeout", f"kustomize took longer than {limits.seconds:g} s and was killed")
        if process.returncode != 0:
            complaints.seek(0)
            said = complaints.read(_MAX_MESSAGE).decode("utf-8", errors="replace")
            raise Blocked("KustomizeFailed", _cleaned(said, home))
    return text


def _bounded_output(process: subprocess.Popen[bytes], limits: RenderLimits) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with process.stdout as pipe:
        found = bytearray()
        while chunk := pipe.read(_CHUNK):
            found += chunk
            if len(found) > limits.output_bytes:
                raise Blocked("ManifestTooLarge", f"kustomize printed more than {limits.output_bytes:,} bytes")
    process.wait()
    return bytes(found)


def _cleaned(said: str, home: Path) -> str:
    """One line without what changes from run to run: the build's own folder, kubectl's times and process numbers."""
    for place in {str(home / "tree"), str((home / "tree").resolve())}:
        said = said.replace(place + "/", "").replace(place, ".")
    lines = (line.strip() for line in said.splitlines())
    text = " ".join(line.removeprefix("Error: ").removeprefix("error: ") for line in lines if not line.startswith("#"))
    match = _LOGGED.search(text)
    if match:
        text = match["block"] or match["quoted"].replace('\\"', '"')
    return " ".join(text.split()) or "kustomize failed and gave no reason"


def _result(text: bytes, job: KustomizeJob, limits: RenderLimits) -> RenderResult:
    bounds = yaml_documents.YamlLimits(bytes=limits.output_bytes, documents=limits.documents)
    try:
        found = yaml_documents.load_all(text, bounds)
    except yaml_documents.YamlTooLarge as error:
        raise Blocked("ManifestTooLarge", f"{job.file}: {error}") from error
    except yaml_documents.YamlInvalid as error:
        raise Blocked("ManifestInvalid", f"{job.file}: its output is no YAML: {error}") from error
    documents = (Document(f"{job.file}, object {number}", content) for number, content in enumerate(found, start=1))
    collected = objects.collect(documents, limits.documents)
    return RenderResult(collected.objects, "Kustomize", collected.notes)
