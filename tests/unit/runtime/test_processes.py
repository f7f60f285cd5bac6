"""A program is ended with all it started, whatever it still wants to say."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.runtime.processes import end_session

pytestmark = pytest.mark.real_time


async def test_a_program_that_floods_a_pipe_nobody_reads_is_ended() -> None:
    process = await asyncio.create_subprocess_exec(
        "yes",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=1024,
    )
    await asyncio.sleep(0.2)

    await end_session(process)

    assert process.returncode == -9
