"""Client, transport, kubeconfig and watch together, against the sandbox over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.model import errors
from holdfast.model.keys import GroupKind
from holdfast.model.live import LiveObject
from holdfast.ports.cluster import PatchKind
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.store import Store
from holdfast.runtime.watch import Reflector
from holdfast.sandbox.server import Sandbox

MANAGER = "test"


def config_map(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


@pytest.mark.real_time
async def test_every_verb_works_over_http(tmp_path: Path) -> None:
    clock = SystemClock()
    async with Sandbox(None, clock) as sandbox, asyncio.timeout(30):
        await sandbox.serve()
        sandbox.write_kubeconfig(tmp_path / "config")
        transport = AiohttpTransport(kubeconfig.load(tmp_path / "config", clock))
        client = KubeClient(transport, user_agent="holdfast/test")
        resource = (await client.discover()).find(GroupKind("", "ConfigMap"))
        assert resource is not None
        seen: list[tuple[str | None, str | None]] = []
        gone = asyncio.Event()

        def on_change(old: LiveObject | None, new: LiveObject | None) -> None:
            names = [None if each is None else each.metadata.name for each in (old, new)]
            seen.append((names[0], names[1]))
            if new is None:
                gone.set()

        reflector = Reflector(
            client, resource, Store(), on_change, clock=clock, random=Random(1), namespace="default", labels="app=x"
        )
        watching = asyncio.create_task(reflector.run())
        await reflector.synced.wait()

        created = await client.create(resource, config_map("a"), field_manager=MANAGER)
        with pytest.raises(errors.AlreadyExists):
            await client.create(resource, config_map("a"), field_manager=MANAGER)
        labelled = await client.patch(
            resource, "default", "a", {"metadata": {"labels": {"app": "x"}}}, PatchKind.MERGE, field_manager=MANAGER
        )
        with pytest.raises(errors.Conflict):
            await client.replace(resource, created, field_manager=MANAGER)
        await client.replace(resource, {**labelled, "data": {"k": "1"}}, field_manager=MANAGER)
        applied = await client.apply(resource, config_map("a", k="2"), field_manager="other")
        assert applied["data"] == {"k": "2"}
        with pytest.raises(errors.Conflict):
            await client.apply(resource, config_map("a", k="3"), field_manager="third", force=False)
        dry = await client.apply(resource, config_map("a", k="4"), field_manager="other", dry_run=True)
        assert dry["data"] == {"k": "4"}
        found = await client.get(resource, "default", "a")
        assert found is not None
        assert found["data"] == {"k": "2"}
        listing = await client.list(resource, namespace="default", labels="app=x")
        assert [each.metadata.name for each in listing.items] == ["a"]
        with pytest.raises(errors.Conflict):
            await client.delete(resource, "default", "a", uid="another")
        await client.delete(resource, "default", "a", uid=created["metadata"]["uid"])
        with pytest.raises(errors.NotFound):
            await client.delete(resource, "default", "a")
        assert await client.get(resource, "default", "a") is None
        await gone.wait()
        assert (seen[0], seen[-1]) == ((None, "a"), ("a", None))
        watching.cancel()
        await asyncio.wait({watching})
        await transport.close()


@pytest.mark.real_time
async def test_a_wrong_token_is_refused(tmp_path: Path) -> None:
    async with Sandbox(None, SystemClock()) as sandbox:
        await sandbox.serve()
        sandbox.token = "wrong"
        sandbox.write_kubeconfig(tmp_path / "config")
        transport = AiohttpTransport(kubeconfig.load(tmp_path / "config", SystemClock()))
        with pytest.raises(errors.Unauthorized):
            await KubeClient(transport, user_agent="holdfast/test").discover()
        await transport.close()
