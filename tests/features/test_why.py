"""What stands in the way is found before the first write, and told on demand."""

from __future__ import annotations

import pytest

from holdfast.cli.app.why import lines, reasons_of
from holdfast.engine.why.reasons import Kind, Reason
from holdfast.model.keys import GroupKind
from holdfast.model.names import OperationPhase
from holdfast.testing.builders import config_map, deployment, job
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT, JOB

BEFORE = {"argocd.argoproj.io/hook": "PreSync"}


async def reasons(house: House) -> tuple[Reason, ...]:
    return await reasons_of(house.cluster, house.app, house.control_namespace)


@pytest.mark.feature("why")
async def test_the_answer_goes_from_nobody_syncs_over_a_hook_that_runs_to_nothing(house: House, page: Page) -> None:
    hook = job("before", annotations=BEFORE)
    hook["spec"]["suspend"] = True
    house.push(config_map(), hook)
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_app(lambda app: app.status.sync.status == "OutOfSync", "it is compared")
        first, *_ = await reasons(house)
        assert first.kind is Kind.MANUAL
        assert first.command.startswith(f"holdfast app sync {house.app}")

        await house.ask_sync()
        await house.until_app(
            lambda app: "hook" in (app.status.operation_state.message if app.status.operation_state else ""),
            "the hook is waited for",
        )
        [waits] = await reasons(house)
        assert waits.kind is Kind.HOOK
        assert waits.subject == f"batch/Job {house.namespace}/before"
        assert waits.since

        await house.patch(JOB, "before", {"spec": {"suspend": False}})
        if house.is_real:
            return  # no kubelet ends the Job there
        await house.until_settled()
        [nothing] = await reasons(house)
        assert nothing.kind is Kind.NOTHING


@pytest.mark.feature("preflight")
async def test_pods_beyond_a_quota_fail_the_sync_before_anything_is_written(house: House, page: Page) -> None:
    await house.create(page.yaml("quota"))
    if not house.is_real:
        # The sandbox counts no quotas: this is what the controller of one would write.
        status = {"hard": {"pods": "1"}, "used": {"pods": "0"}}
        resource = (await house.cluster.discover()).find(GroupKind("", "ResourceQuota"))
        assert resource is not None
        await house.patch(resource, "small", {"status": status}, house.namespace, subresource="status")
    house.push(deployment("front", replicas=2), job("before", annotations=BEFORE))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_app(lambda app: app.status.sync.status == "OutOfSync", "it is compared")
        await house.ask_sync()
        app = await house.until_ended(phase=OperationPhase.FAILED)
        state = app.status.operation_state
        assert state is not None
        assert "exceeded quota: small, requested: pods=2, used: pods=0, limited: pods=1" in state.message
        assert await house.get(DEPLOYMENT, "front", house.namespace) is None
        assert await house.get(JOB, "before", house.namespace) is None
        assert any("exceeded quota" in line for line in lines(await reasons(house)))
