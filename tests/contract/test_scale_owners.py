"""Who holds the replicas after each scale: to nothing, from nothing, and between."""

from __future__ import annotations

from tests.contract.objects import deployment
from tests.contract.servers import Server


async def test_owners_of_replicas_from_scale_to_scale(server: Server) -> None:
    obj = deployment("x", replicas=2)
    await server.applied(obj, "a")
    held = []
    for replicas, manager in ((3, "b"), (0, "c"), (2, "d"), (4, "e"), (0, "e"), (1, "e")):
        await server.patch(obj, {"spec": {"replicas": replicas}}, sub="scale", fieldManager=manager)
        entries = (await server.read(obj))["metadata"]["managedFields"]
        owners = [each["manager"] for each in entries if "f:replicas" in each["fieldsV1"].get("f:spec", {})]
        held.append([replicas, manager, sorted(owners)])
    server.same(held)


async def test_what_is_created_without_replicas_is_scaled(server: Server) -> None:
    obj = deployment("x", replicas=0)
    await server.created(obj)
    await server.patch(obj, {"spec": {"replicas": 3}}, sub="scale", fieldManager="b")
    server.same((await server.read(obj))["metadata"]["managedFields"])
