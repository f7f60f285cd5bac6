"""Random sequences of writes, made on the sandbox and on the real server, leave equal objects and equal errors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.contract.answers import Answer
from tests.contract.objects import plural_of, widget_definition
from tests.contract.recordings import difference
from tests.contract.servers import Server
from tests.controlplane.server import ControlPlane

pytestmark = [pytest.mark.control_plane, pytest.mark.timeout(3600)]
T = TypeVar("T")

GROUP = "agree.example.com"
# Examples and steps by the profile that is asked for. Each step takes some 20 ms; what fails is made short by hand only.
EFFORT = {"dev": (8, 20), "ci": (25, 25), "nightly": (500, 40)}
MANAGERS = ("left", "right")
NAMES = ("one", "two")

values = st.sampled_from(["1", "2", "", "x y"])
keys = st.sampled_from(["a", "b", "c"])
labels = st.dictionaries(keys, st.sampled_from(["1", "2"]), max_size=2)
numbers = st.integers(0, 3)


def _metadata() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={"labels": labels, "annotations": labels})


def _config_map() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"metadata": _metadata()}, optional={"data": st.dictionaries(keys, values, max_size=3)}
    )


def _number(port: dict[str, Any]) -> int:
    number: int = port["containerPort"]
    return number


def _container(name: str) -> st.SearchStrategy[dict[str, Any]]:
    variable = st.fixed_dictionaries({"name": keys}, optional={"value": values})
    ports = st.fixed_dictionaries(
        {"containerPort": st.sampled_from([80, 81])}, optional={"name": st.sampled_from(["web", "tls"])}
    )
    # Two ports of one name are legal but warned of.
    limits = st.fixed_dictionaries({"limits": st.fixed_dictionaries({"cpu": st.sampled_from(["1", "1000m", "500m"])})})
    return st.fixed_dictionaries(
        {"name": st.just(name), "image": st.sampled_from(["i:1", "i:2"])},
        optional={
            "env": st.lists(variable, max_size=3, unique_by=lambda each: each["name"]),
            "ports": st.lists(ports, max_size=2, unique_by=(_number, lambda each: each.get("name", _number(each)))),
            "args": st.lists(values, max_size=2),
            "resources": limits,
        },
    )


def _deployment() -> st.SearchStrategy[dict[str, Any]]:
    containers = st.lists(st.sampled_from(["c", "d"]), min_size=1, max_size=2, unique=True).flatmap(
        lambda names: st.tuples(*map(_container, names)).map(list)
    )
    pod = st.fixed_dictionaries(
        {"containers": containers}, optional={"terminationGracePeriodSeconds": st.sampled_from([5, 30])}
    )
    template = st.fixed_dictionaries({"metadata": st.just({"labels": {"l": "1"}}), "spec": pod})
    spec = st.fixed_dictionaries(
        {"selector": st.just({"matchLabels": {"l": "1"}}), "template": template},
        optional={
            "replicas": numbers,
            "minReadySeconds": numbers,
            "strategy": st.sampled_from([{"type": "Recreate"}, {"type": "RollingUpdate"}]),
        },
    )
    return st.fixed_dictionaries({"metadata": _metadata(), "spec": spec})


def _service() -> st.SearchStrategy[dict[str, Any]]:
    port = st.fixed_dictionaries(
        {"port": st.sampled_from([80, 81]), "name": st.sampled_from(["p", "q"])},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "targetPort": st.sampled_from([8080, "web"])},
    )
    ports = st.lists(port, min_size=1, max_size=2, unique_by=(lambda each: each["name"], lambda each: each["port"]))
    spec = st.fixed_dictionaries({"ports": ports}, optional={"selector": labels})
    return st.fixed_dictionaries({"metadata": _metadata(), "spec": spec})


def _widget() -> st.SearchStrategy[dict[str, Any]]:
    port = st.fixed_dictionaries({"name": keys}, optional={"port": numbers})
    # No maps of names that users choose: of one whose last member its applier gives up the real server makes a null,
    # and then refuses it; the sandbox leaves it out.
    spec = st.fixed_dictionaries(
        {"size": numbers},
        optional={
            "replicas": numbers,
            "color": st.sampled_from(["red", "blue"]),
            "tags": st.lists(keys, max_size=2, unique=True),
            "words": st.lists(keys, max_size=2),
            "ports": st.lists(port, max_size=2, unique_by=lambda each: each["name"]),
        },
    )
    return st.fixed_dictionaries({"metadata": _metadata(), "spec": spec})


KINDS = {
    "ConfigMap": ("v1", _config_map()),
    "Deployment": ("apps/v1", _deployment()),
    "Service": ("v1", _service()),
    "Widget": (f"{GROUP}/v1", _widget()),
}


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    version, contents = KINDS[kind]
    body = draw(contents)
    metadata = {"name": draw(st.sampled_from(NAMES)), **body["metadata"]}
    return {"apiVersion": version, "kind": kind, **body, "metadata": metadata}


def _patch_of(obj: dict[str, Any], nulls: list[str]) -> dict[str, Any]:
    """The object as a merge patch: without what names it, with some of its fields to be removed."""
    patch = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}
    patch["metadata"] = {key: value for key, value in obj["metadata"].items() if key != "name"}
    for name in nulls:
        for part in ("data", "spec"):
            if isinstance(patch.get(part), dict):
                patch[part] = {**patch[part], name: None}
    return patch


class BothServers(RuleBasedStateMachine):
    """Every rule does the same on both and compares the answers; the objects are compared after each."""

    control_plane: ControlPlane

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._servers: tuple[Server, Server]

    @initialize()
    def begin(self) -> None:
        self._run(self._open())

    async def _open(self) -> None:
        self._servers = (
            await self._stack.enter_async_context(Server(None)),
            await self._stack.enter_async_context(Server(self.control_plane)),
        )
        for server in self._servers:
            await server.create(widget_definition(GROUP))
            path = f"/apis/{GROUP}/v1/{plural_of('Widget')}"

            async def is_served(server: Server = server, path: str = path) -> bool:
                return (await server.call("GET", path)).status == 200

            await server.until(is_served, "the kind is served")

    def teardown(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.run(asyncio.sleep(0.02))
        self._runner.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def _both(self, what: str, obj: dict[str, Any], ask: Any) -> None:
        """Asks both servers; their answers, and then the objects, must be the same."""

        async def answers() -> list[tuple[Any, Any]]:
            found = []
            for server in self._servers:
                answer = await ask(server)
                found.append((_shown(server, answer), _shown(server, await server.get(obj))))
            return found

        (said, stored), (real_said, real_stored) = self._run(answers())
        _must_be_same(f"the answer to {what}", real_said, said)
        _must_be_same(f"the object after {what}", real_stored, stored)

    def _replicas(self, obj: dict[str, Any]) -> int:
        found = self._run(self._servers[0].get(obj)).body.get("spec") or {}
        replicas: int = found.get("replicas") or 0
        return replicas

    @rule(obj=objects())
    def create(self, obj: dict[str, Any]) -> None:
        self._both("create", obj, lambda server: server.create(obj))

    @rule(obj=objects(), manager=st.sampled_from(MANAGERS), force=st.booleans())
    def apply(self, obj: dict[str, Any], manager: str, force: bool) -> None:
        self._both("apply", obj, lambda server: server.apply(obj, manager, force=force))

    @rule(obj=objects(), manager=st.sampled_from(MANAGERS), left_out=st.sets(st.sampled_from(["data", "spec"])))
    def apply_a_part(self, obj: dict[str, Any], manager: str, left_out: set[str]) -> None:
        part = {key: value for key, value in obj.items() if key not in left_out}
        self._both("apply of a part", obj, lambda server: server.apply(part, manager, force=True))

    @rule(obj=objects(), kind=st.sampled_from(["merge", "strategic"]), nulls=st.lists(keys, max_size=2))
    def patch(self, obj: dict[str, Any], kind: str, nulls: list[str]) -> None:
        change = _patch_of(obj, [*nulls, "replicas"] if nulls else [])
        self._both(f"{kind} patch", obj, lambda server: server.patch(obj, change, kind, fieldManager="patcher"))

    @rule(obj=objects(), key=keys, value=values, operation=st.sampled_from(["add", "replace", "remove", "test"]))
    def json_patch(self, obj: dict[str, Any], key: str, value: str, operation: str) -> None:
        place = "/data/" if obj["kind"] == "ConfigMap" else "/metadata/labels/"
        change = [{"op": operation, "path": place + key, "value": value}]
        self._both("JSON patch", obj, lambda server: server.patch(obj, change, "json", fieldManager="patcher"))

    @rule(obj=objects(), replicas=numbers)
    def scale(self, obj: dict[str, Any], replicas: int) -> None:
        # A scale to what is there already splits the entry of who holds it on the real server alone.
        if obj["kind"] in ("Deployment", "Widget") and self._replicas(obj) != replicas:
            change = {"spec": {"replicas": replicas}}
            self._both("scale", obj, lambda server: server.patch(obj, change, sub="scale", fieldManager="scaler"))

    @rule(obj=objects(), replicas=numbers)
    def report(self, obj: dict[str, Any], replicas: int) -> None:
        if obj["kind"] in ("Deployment", "Widget"):
            change = {"status": {"replicas": replicas}}
            self._both("status", obj, lambda server: server.patch(obj, change, sub="status", fieldManager="reporter"))

    @rule(obj=objects())
    def replace(self, obj: dict[str, Any]) -> None:
        self._both("replace", obj, lambda server: server.replace(obj, fieldManager="replacer"))

    @rule(obj=objects())
    def delete(self, obj: dict[str, Any]) -> None:
        self._both("delete", obj, lambda server: server.delete(obj))


def _must_be_same(what: str, real: Any, sandbox: Any) -> None:
    if real != sandbox:
        raise AssertionError("\n".join([f"{what} differs:", *difference(real, sandbox)]))


def _shown(server: Server, answer: Answer) -> Any:
    """What must be equal."""
    shown = server.eraser.answer(answer)
    shown.pop("warning", None)  # what is legal in a Pod is warned of by the real server alone
    body = shown["body"]
    if isinstance(body, dict):
        causes = body.get("details", {}).get("causes", [])
        causes.sort(key=lambda cause: (cause.get("field", ""), cause.get("message", "")))
        if len(causes) > 1:
            del body["message"]  # it has the causes in their order, which Go's maps do not keep
    return shown


@pytest.fixture
def machine(control_plane: ControlPlane) -> Iterator[type[BothServers]]:
    BothServers.control_plane = control_plane
    yield BothServers
    del BothServers.control_plane


def test_random_writes_leave_equal_objects_and_errors(machine: type[BothServers]) -> None:
    profile = os.environ.get("HOLDFAST_HYPOTHESIS", "dev")
    examples, steps = EFFORT[profile]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=list(Phase) if profile == "nightly" else [Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
