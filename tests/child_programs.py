"""Programs that a test run starts and ends, each with a log file, and with a pipe from us as its standard input.

The pipe is their lifeline: a program made for these tests ends when the pipe does, so that none outlives a test run that
is killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 3.0
POLL_SECONDS: Final = 0.05


class ProgramError(Exception):
    """A program does not start; the message holds the end of its log."""


class ChildPrograms:
    """The programs of one test run, by their names."""

    def __init__(self) -> None:
        self.directory = Path()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started_with: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {}

    @property
    def logs(self) -> Mapping[str, Path]:
        """The log file of each program that runs."""
        return {name: self._log(name) for name in self._running}

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts one in the directory, with further variables of the environment; its log is NAME.log there."""
        self._started_with[name] = (command, environment)
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={**os.environ, **environment},
                start_new_session=True,  # a Ctrl-C in the terminal is for us, not for them
            )

    def run_again(self, name: str) -> None:
        """As it was started before."""
        self.run(name, *self._started_with[name])

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Until it is done. Raises ProgramError when a program ends meanwhile, or after a minute."""
        deadline = time.monotonic() + START_SECONDS
        while not done():
            for name, program in self._running.items():
                if program.poll() is not None:
                    raise ProgramError(f"{name} ended with {program.returncode}:\n{self.end_of_log(name)}")
            if time.monotonic() > deadline:
                last = list(self._running)[-1]
                raise ProgramError(f"waited {START_SECONDS:.0f} s in vain for {what}:\n{self.end_of_log(last)}")
            time.sleep(POLL_SECONDS)

    def end_of_log(self, name: str) -> str:
        """Its last lines."""
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-20:])

    def kill(self, name: str) -> None:
        """Ends one program as the machine's power would; what it had written to files stays."""
        program = self._running.pop(name)
        program.kill()
        program.wait()
        if program.stdin is not None:
            program.stdin.close()

    def end(self) -> None:
        """Ends every program, by force after three seconds; does nothing a second time."""
        programs, self._running = list(self._running.values()), {}
        for program in programs:
            program.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for program in programs:
            try:
                program.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
            if program.stdin is not None:
                program.stdin.close()

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
