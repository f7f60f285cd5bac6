"""A plugin that is a few commands on this machine: for development, where no sidecar runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from holdfast.adapters.rendering.plugins import contained, git_credentials
from holdfast.adapters.rendering.plugins.contained import Bounds
from holdfast.adapters.rendering.plugins.git_credentials import NOTHING_LENT
from holdfast.adapters.rendering.plugins.task import Task
from holdfast.engine.render.plugins import definition as definitions
from holdfast.engine.render.plugins import job as jobs
from holdfast.engine.render.plugins.definition import Definition
from holdfast.model.errors import Blocked
from holdfast.model.source_options import Announcement


class LocalPlugin:
    """Each command sees a copy of the repository that is thrown away, the variables of the source, and PATH, which
    begins with the folder of the definition."""

    def __init__(self, definition: Definition, file: Path) -> None:
        self._definition = definition
        self._file = file

    @property
    def name(self) -> str:
        return self._definition.name

    def supports(self, task: Task) -> bool | None:
        """None when it has no rules to tell."""
        discover = self._definition.spec.discover
        if discover.file_name:
            return any(jobs.fits(discover.file_name, path) for path in task.paths())
        if discover.find.glob:
            return any(jobs.fits(discover.find.glob, path) for path in task.paths())
        if discover.find.command:
            with task.copied() as place:
                return bool(self._run("discover", discover.find.line, task, place).strip())
        return None

    def generate(self, task: Task) -> list[str]:
        """Raises Blocked."""
        spec = self._definition.spec
        wanted = task.credentials if spec.provide_git_creds else None
        with task.copied() as place, git_credentials.lent_here(wanted) as lent:
            if spec.init.command:
                self._run("init", spec.init.line, task, place, lent)
            text = self._run("generate", spec.generate.line, task, place, lent)
        try:
            return [text.decode()]
        except UnicodeDecodeError as error:
            raise Blocked("ManifestInvalid", f"plugin {self.name}: its output is no UTF-8") from error

    def announcements(self, task: Task) -> tuple[Announcement, ...]:
        parameters = self._definition.spec.parameters
        if not parameters.dynamic.command:
            return parameters.static
        with task.copied() as place:
            found = self._run("parameters", parameters.dynamic.line, task, place)
        return (*definitions.announcements(found, self.name), *parameters.static)

    def _run(
        self, step: str, line: tuple[str, ...], task: Task, place: Path, lent: Mapping[str, str] = NOTHING_LENT
    ) -> bytes:
        limits = task.limits
        bounds = Bounds(task.until, limits.memory_bytes, limits.output_bytes)
        what = f"plugin {self.name}: {step}: `{_shown(line)}`"
        try:
            done = contained.run(
                line, place / "tree" / task.job.path, {**self._environment(task, place), **lent}, bounds
            )
        except contained.NotStarted as error:
            raise Blocked(
                "PluginFailed", f"{what} cannot be started, see the names and sizes of its env and parameters: {error}"
            ) from error
        except contained.TooSlow as error:
            raise Blocked(
                "RenderTimeout",
                f"{what} did not end within {limits.seconds:g} s and was killed with all that it started",
            ) from error
        except contained.TooLarge as error:
            raise Blocked(
                "RenderOutOfMemory", f"{what} needed more than {limits.memory_bytes // 1024**2:,} MiB and was killed"
            ) from error
        except contained.TooMuchOutput as error:
            raise Blocked(
                "ManifestTooLarge", f"{what} printed more than {limits.output_bytes:,} bytes and was killed"
            ) from error
        if done.code != 0:
            said = task.told(done.complaint.replace(str(place / "tree"), "."))
            raise Blocked("PluginFailed", f"{what} ended with exit code {done.code}: {said or 'it said nothing'}")
        return done.output

    def _environment(self, task: Task, place: Path) -> dict[str, str]:
        search = os.pathsep.join((str(self._file.parent), os.environ.get("PATH", os.defpath)))
        own = {"PATH": search, "HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8"}
        return {**task.environment, **own}


def _shown(line: tuple[str, ...]) -> str:
    text = " ".join(" ".join(line).split())
    return text if len(text) <= 120 else f"{text[:119]}…"
