"""One line on stderr that says what is being waited for, so that nobody stares at a silent terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from holdfast.cli.app import applications
from holdfast.model.kube import KubeObject


class Progress:
    """On a terminal the line is written over; elsewhere each change is a line of its own, and repeats are left out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = ""
        self._is_terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._is_terminal and self._last:
            sys.stderr.write("\n")

    def show(self, app: KubeObject, note: str = "") -> None:
        operation = applications.operation_of(app)
        doing = note or f"{operation.get('phase') or ''} {operation.get('message') or ''}".strip()
        line = f"{self._name}: {applications.sync_of(app)}, {applications.health_of(app)}"
        line += f"; {doing.splitlines()[0]}" if doing else ""
        if line == self._last:
            return
        self._last = line
        sys.stderr.write(f"\r\x1b[K{line}" if self._is_terminal else f"{line}\n")
        sys.stderr.flush()
