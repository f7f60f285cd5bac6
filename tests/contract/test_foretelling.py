"""What an apply would change can be foretold where it changes only text: the server says the same."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.diff import normalize
from holdfast.engine.diff.foretold import foretold
from holdfast.engine.kube import canonical
from tests.contract.objects import config_map, deployment, service, template, with_metadata
from tests.contract.servers import Server


def labelled(obj: dict[str, Any], value: str, key: str = "app.kubernetes.io/version") -> dict[str, Any]:
    return with_metadata(obj, labels={key: value}, annotations={"example.com/note": f"as of {value}"})


def running(image: str, *more: dict[str, Any]) -> dict[str, Any]:
    pod = template()
    return deployment(
        "x", template={**pod, "spec": {**pod["spec"], "containers": [{"name": "c", "image": image}, *more]}}
    )


SIDE = {"name": "side", "image": "side:1"}
CHANGES = {
    "labels of a Service": (labelled(service("x"), "1"), labelled(service("x"), "2")),
    "labels of a Deployment": (labelled(running("c:1"), "1"), labelled(running("c:1"), "2")),
    "one image of two": (running("c:1", SIDE), running("c:2", SIDE)),
    "data": (config_map("x", a="1", b="1"), config_map("x", a="2", b="1")),
}
UNFORESEEN = {
    "a label that is none": (labelled(service("x"), "1"), labelled(service("x"), "not a label!")),
    "a label that Kubernetes knows": (
        labelled(service("x"), "1", "a.k8s.io/b"),
        labelled(service("x"), "2", "a.k8s.io/b"),
    ),
    "one more entry": (config_map("x", a="1"), config_map("x", a="2", b="1")),
    "one entry less": (config_map("x", a="1", b="1"), config_map("x", a="2")),
    "a number besides": (labelled(deployment("x", replicas=1), "1"), labelled(deployment("x", replicas=2), "2")),
    "an image that is none": (running("c:1"), running(" c:2")),
    "nothing": (config_map("x", a="1"), config_map("x", a="1")),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_of_text_is_foretold_as_the_server_tells_it(server: Server, what: str) -> None:
    before, after = CHANGES[what]
    live = await server.applied(before, "a")
    said = await server.apply(after, "a", dryRun="All")
    told = foretold(after, live, "a")
    assert told is not None
    assert canonical.equal(*(normalize.normalized(one, normalize.EVERYTHING) for one in (told, said.body)))
    assert not canonical.equal(told, live)


@pytest.mark.parametrize("what", UNFORESEEN)
async def test_what_the_server_may_see_otherwise_is_not_foretold(server: Server, what: str) -> None:
    before, after = UNFORESEEN[what]
    assert foretold(after, await server.applied(before, "a"), "a") is None


async def test_what_another_has_changed_is_not_foretold(server: Server) -> None:
    await server.applied(config_map("x", a="1"), "a")
    live = await server.applied(config_map("x", a="9"), "b", force=True)
    assert foretold(config_map("x", a="2"), live, "a") is None


async def test_what_may_not_change_is_not_foretold(server: Server) -> None:
    live = await server.applied({**config_map("x", a="1"), "immutable": True}, "a")
    assert foretold({**config_map("x", a="2"), "immutable": True}, live, "a") is None
