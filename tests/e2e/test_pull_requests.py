"""A pull request of a service: its webhook leads to a status and a comment at the host, and the next push to the same one."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from holdfast.model.pull_request import Provider
from holdfast.model.resource_types import SECRET
from tests.e2e.conftest import FAST
from tests.e2e.up_process import UpProcess, WorkingCopy, is_settled
from tests.unit.adapters.scm.fake_hosts import NUMBER, FakeHost

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(240)]
SERVICE = "microservice-identity"
PLACE = f"oro-codebase/{SERVICE}"
REPOSITORY = f"git@bitbucket.org:{PLACE}.git"
EVENT = {"pullrequest": {"id": NUMBER}, "repository": {"full_name": PLACE}}
TOKEN = "t0ken-of-the-host"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def started(folder: Path, listen: str) -> AsyncIterator[UpProcess]:
    process = UpProcess(folder / "data", *FAST, "--listen", listen).start()
    try:
        await asyncio.to_thread(process.application_that, SERVICE, is_settled, "Synced and Healthy", 120)
        yield process
    finally:
        await asyncio.to_thread(process.stop)


def turn_on(process: UpProcess, api: str) -> None:
    secret: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "preview-identity",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "repository"},
        },
        "stringData": {
            "url": REPOSITORY,
            "holdfastPreview": "true",
            "holdfastPreviewToken": TOKEN,
            "holdfastPreviewApi": api,
        },
    }
    process.run(lambda cluster: cluster.create(SECRET, secret, field_manager="test"))


def branched(process: UpProcess, folder: Path) -> WorkingCopy:
    copy = WorkingCopy(process.data / "repositories" / f"{SERVICE}.git", folder)
    subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", "-b", "topic"], check=True)
    return copy


def push(copy: WorkingCopy, tag: str) -> str:
    values = copy.folder / "helm" / "values.yaml"
    lines = values.read_text().splitlines()
    values.write_text("\n".join(f'    tag: "{tag}"' if line.startswith("    tag:") else line for line in lines) + "\n")
    return copy.push(f"Take {tag}")


async def until(holds: Callable[[], bool], what: str, process: UpProcess) -> None:
    try:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what}\n{process.text()[-3000:]}") from None


async def test_each_push_is_told_in_the_same_comment(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    fake = FakeHost(Provider.BITBUCKET, PLACE)
    async with fake.running(), started(tmp_path, listen) as process, aiohttp.ClientSession() as session:
        await asyncio.to_thread(turn_on, process, f"{fake.url}/api")
        copy = await asyncio.to_thread(branched, process, tmp_path / "copy")

        async def deliver() -> Any:
            headers = {"X-Event-Key": "pullrequest:updated"}
            async with session.post(f"http://{listen}/api/webhook", json=EVENT, headers=headers) as answer:
                assert answer.status == 200
                return await answer.json()

        for number, tag in enumerate(("1.5.0", "1.6.0"), start=1):
            fake.head = await asyncio.to_thread(push, copy, tag)
            assert (await deliver())["previews"] == [f"{PLACE}#{NUMBER}"]
            await until(lambda: len(fake.statuses) == 2 * number, f"the status of {tag}", process)  # noqa: B023 - at once
            assert fake.statuses[-2:] == [
                ("holdfast/preview", "INPROGRESS", "is being previewed"),
                ("holdfast/preview", "SUCCESSFUL", "1 application changes"),
            ]
            (comment,) = fake.comments
            assert f"argocd/{SERVICE}" in comment.body
            assert f'{SERVICE}:1.4.2" -> ' in comment.body
            assert f':{tag}"' in comment.body
        assert fake.authorizations == {f"Bearer {TOKEN}"}

        again = ("plan", "--repo", REPOSITORY, "--pr", str(NUMBER), "--post")
        told = await asyncio.to_thread(process.holdfast, *again)
        assert (told.returncode, told.stderr) == (2, "")
        assert len(fake.comments) == 1
        assert len(fake.statuses) == 6

        fake.refuses_writes = 403
        told = await asyncio.to_thread(process.holdfast, *again)
        assert told.returncode == 2
        assert "warning: the preview is not told at the pull request" in told.stderr
        assert "pullrequest:write" in told.stderr
        assert f"argocd/{SERVICE}" in told.stdout

        fake.refuses_writes = 0
        fake.is_open = False
        asked = len(fake.asked)
        await deliver()
        await until(lambda: len(fake.asked) > asked, "the closed one is looked at", process)
        assert len(fake.statuses) == 6
        assert TOKEN not in process.text() + (process.data / "holdfast.log").read_text()
