"""Evaluates Jsonnet, in the process that calls it: a program may never end, so that must be one that can be killed."""

from __future__ import annotations

from typing import Final

import _jsonnet

from holdfast.engine.render.jsonnet import Program
from holdfast.model.errors import Blocked
from holdfast.model.source_options import JsonnetVar

MAX_STACK: Final = 500
_MAX_MESSAGE: Final = 2000


def evaluate(program: Program) -> str:
    """Raises Blocked."""
    refused: list[Blocked] = []

    def imported(folder: str, wanted: str) -> tuple[str, bytes]:
        try:
            return program.find(folder, wanted)
        except Blocked as error:
            refused.append(error)
            raise RuntimeError(error.message) from error

    options = program.options
    try:
        answer: str = _jsonnet.evaluate_snippet(
            program.path,
            program.text,
            max_stack=MAX_STACK,
            import_callback=imported,
            ext_vars=_values(options.ext_vars, code=False),
            ext_codes=_values(options.ext_vars, code=True),
            tla_vars=_values(options.tlas, code=False),
            tla_codes=_values(options.tlas, code=True),
        )
    except RuntimeError as error:
        if refused:
            raise Blocked(refused[0].reason, f"{program.path}: {refused[0].message}") from error
        raise Blocked("TemplateError", _told(str(error))) from error
    return answer


def _values(variables: tuple[JsonnetVar, ...], *, code: bool) -> dict[str, str]:
    return {one.name: one.value for one in variables if one.code is code}


def _told(said: str) -> str:
    """What is wrong and where, without the trace below it."""
    lines = [line.strip() for line in said.replace("\t", " ").splitlines() if line.strip()]
    what = lines[0].removeprefix("RUNTIME ERROR: ").removeprefix("STATIC ERROR: ") if lines else "Jsonnet failed"
    where = f" (at {lines[1]})" if len(lines) > 1 and lines[0].startswith("RUNTIME") else ""
    return f"{what}{where}"[:_MAX_MESSAGE]
