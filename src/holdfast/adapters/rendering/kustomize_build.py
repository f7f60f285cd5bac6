"""Builds a kustomization with the kustomize program, in a folder that holds only what the build may read."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from holdfast.adapters.rendering import kustomize_tool, materialise
from holdfast.adapters.rendering.chart_copies import ChartCopies
from holdfast.engine.lang import yaml_documents
from holdfast.engine.render import kustomize, kustomize_charts, objects, paths
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.objects import Document
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderLimits, RenderResult

_CHUNK: Final = 1 << 16
_MAX_MESSAGE: Final = 4000
_LOGGED: Final = re.compile(r'"command failed" err=(?:<(?P<block>.*)>|"(?P<quoted>(?:[^"\\]|\\.)*)")', re.DOTALL)
_NOWHERE: Final = "http://127.0.0.1:9"


def render(
    tree: FileTree,
    job: KustomizeJob,
    limits: RenderLimits,
    tools: Path | None,
    open_tree: Callable[[TreeLocation], FileTree],
    copies: ChartCopies | None = None,
) -> RenderResult:
    """Charts that are inflated are read from `copies`, or from one of their own. Raises Blocked."""
    tool = kustomize_tool.find(tools, job.program)
    reached = kustomize.closure(tree, job)
    with tempfile.TemporaryDirectory(prefix="holdfast-kustomize-", ignore_cleanup_errors=True) as name:
        root = Path(name) / "tree"
        if reached.whole:
            materialise.write_files(tree, paths.files_below(tree, ""), root)
        else:
            materialise.write_paths(tree, reached.files, root)
        if job.text:
            (root / job.file).write_text(job.text, encoding="utf-8")
        if job.inflations:
            _inflate(tree, job, limits, open_tree, root, copies)
        text = _run(tool, root / job.path, Path(name), limits)
    return _result(text, job, limits)


def _inflate(
    tree: FileTree,
    job: KustomizeJob,
    limits: RenderLimits,
    open_tree: Callable[[TreeLocation], FileTree],
    root: Path,
    copies: ChartCopies | None,
) -> None:
    """What each chart gives becomes a file that stands in its place. JSON is YAML that nobody reads otherwise."""
    from holdfast.adapters.rendering import inflate  # loads Helm's library

    made: dict[str, list[str]] = {}
    for number, one in enumerate(job.inflations):
        found = inflate.objects_of(tree if one.location is None else open_tree(one.location), one, limits, copies)
        files = made.setdefault(one.kustomization, [])
        if found:
            files.append(f".holdfast-chart-{number}.yaml")
            documents = [b"---\n" + msgspec.json.encode(kustomize_charts.marked(obj)) for obj in found]
            (root / one.kustomization).with_name(files[-1]).write_bytes(b"\n".join(documents))
    for file, files in made.items():
        changed = kustomize_charts.without_charts(tree, file, lambda one: kustomize.said_in(tree, job, one), files)
        (root / file).write_text(yaml_documents.dump(changed), encoding="utf-8")


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
    plain = tuple(map(kustomize_charts.unmarked, collected.objects))
    return RenderResult(plain, "Kustomize", doubled=collected.doubled)
