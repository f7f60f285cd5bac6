"""The sandbox over HTTP: the token, the bounds, watches, and kubectl as its user."""

from __future__ import annotations

import asyncio
import io
import shutil
import stat
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

pytestmark = pytest.mark.real_time

KUBECTL = shutil.which("kubectl")
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
"""


async def test_without_the_token_nothing_is_answered(cluster: Any) -> None:
    async with cluster() as api, aiohttp.ClientSession() as session:
        url = await api.sandbox.serve()
        for headers in ({}, {"Authorization": "Bearer nope"}, {"Authorization": "Bearer "}):
            async with session.get(f"{url}/version", headers=headers) as response:
                assert (response.status, (await response.json())["message"]) == (401, "Unauthorized")
        async with session.get(f"{url}/token/nope/version") as response:
            assert response.status == 401


async def test_the_token_comes_as_a_header_or_in_the_path(cluster: Any) -> None:
    async with cluster() as api, aiohttp.ClientSession() as session:
        url, token = await api.sandbox.serve(), api.sandbox.token
        async with session.get(f"{url}/version", headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200
        async with session.get(f"{url}/token/{token}/version") as response:
            assert (await response.json())["major"] == "1"


async def test_a_body_that_is_too_large_is_refused(cluster: Any) -> None:
    async with cluster() as api, aiohttp.ClientSession() as session:
        url = f"{await api.sandbox.serve()}/token/{api.sandbox.token}/api/v1/namespaces/default/configmaps"
        async with session.post(url, data=io.BytesIO(b"x" * 3_200_000)) as response:
            assert (response.status, (await response.json())["reason"]) == (413, "RequestEntityTooLarge")


async def test_watches_stream_and_end_with_the_server(cluster: Any) -> None:
    async with aiohttp.ClientSession() as session:
        async with cluster() as api:
            root = f"{await api.sandbox.serve()}/token/{api.sandbox.token}"
            response = await session.get(f"{root}/api/v1/namespaces?watch=1&resourceVersion=0")
            first = orjson.loads(await response.content.readline())
            assert first["type"] == "ADDED"
            await api.post("/api/v1/namespaces", {"metadata": {"name": "new"}})
            lines = [orjson.loads(await response.content.readline()) for _ in range(4)]
            assert lines[-1]["object"]["metadata"]["name"] == "new"
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 2
        response.close()


async def test_the_kubeconfig_is_for_its_owner_alone(cluster: Any, tmp_path: Path) -> None:
    async with cluster() as api:
        await api.sandbox.serve()
        path = tmp_path / "inner" / "kubeconfig"
        api.sandbox.write_kubeconfig(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [entry.name for entry in path.parent.iterdir()] == ["kubeconfig"]


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
async def test_kubectl_applies_shows_scales_explains_and_deletes(cluster: Any, tmp_path: Path) -> None:
    async with cluster() as api:
        await api.sandbox.serve()
        api.sandbox.write_kubeconfig(tmp_path / "kubeconfig")
        (tmp_path / "web.yaml").write_text(MANIFEST)
        manifest = str(tmp_path / "web.yaml")

        async def kubectl(*arguments: str) -> str:
            environment = {"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "kubeconfig")}
            process = await asyncio.create_subprocess_exec(
                str(KUBECTL),
                *arguments,
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await process.communicate()
            return output.decode()

        assert "deployment.apps/web created" in await kubectl("apply", "-f", manifest)
        assert "deployment.apps/web unchanged" in await kubectl("apply", "-f", manifest)
        assert "serverside-applied" in await kubectl("apply", "--server-side", "--force-conflicts", "-f", manifest)
        assert "scaled" in await kubectl("scale", "deployment/web", "--replicas=3")
        assert "0/3" in await kubectl("get", "deployments")
        assert "Selector:               app=web" in await kubectl("describe", "deployment", "web")
        assert "maxSurge" in await kubectl("explain", "deployment.spec.strategy.rollingUpdate")
        assert "namespace/made created" in await kubectl("create", "namespace", "made")
        assert "configmap/made created" in await kubectl("create", "configmap", "made", "--from-literal=a=b")
        assert "deleted" in await kubectl("delete", "-f", manifest)
