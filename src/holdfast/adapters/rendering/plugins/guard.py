"""Starts one command of a plugin within limits: `python guard.py MEMORY FILE SECONDS COMMAND…`, as the leader of a session.

Uses nothing but the standard library, so that it starts in a few milliseconds. Standard input is a pipe that its parent
holds: when that is gone, so is everybody who could read the answer, and the whole group ends.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading

NOT_STARTED = 127


def main(arguments: list[str]) -> int:
    memory, file, seconds = map(int, arguments[:3])
    command = arguments[3:]
    parent = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    child = os.fork()
    if child == 0:
        os.close(parent)
        _become(command, memory, file, seconds)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become(command: list[str], memory: int, file: int, seconds: int) -> None:
    for limit, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list of arguments, on purpose
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}".encode())
    os._exit(NOT_STARTED)


def _end_with_parent(parent: int) -> None:
    while os.read(parent, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
