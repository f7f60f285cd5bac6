"""How Kayenta is asked to judge, and how its scores are understood; answers in the form of its API."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiohttp import web

from holdfast.adapters.metrics import kayenta
from holdfast.adapters.metrics.http import Http
from holdfast.engine.analysis.phases import Phase
from holdfast.model.metric_provider import KayentaMetric, KayentaThreshold
from holdfast.ports.metrics import Judged, MetricError, UnderWay
from tests.unit.adapters.local_http import serving

pytestmark = pytest.mark.real_time
SIDE = {"scope": "app=web", "region": "eu", "step": 60, "start": "2026-01-01T11:00:00Z", "end": "2026-01-01T12:00:00Z"}


def metric(url: str, name: str = "errors") -> KayentaMetric:
    said = {
        "address": url,
        "application": "shop",
        "canaryConfigName": name,
        "metricsAccountName": "prom",
        "configurationAccountName": "minio",
        "storageAccountName": "minio",
        "threshold": {"pass": 90, "marginal": 75},
        "scopes": [{"name": "default", "controlScope": SIDE, "experimentScope": SIDE}],
    }
    return msgspec.convert(said, KayentaMetric)


def ended(score: float) -> dict[str, Any]:
    return {"complete": True, "status": "succeeded", "result": {"judgeResult": {"score": {"score": score}}}}


async def test_a_judgement_is_started_by_the_name_of_its_config_and_asked_for_its_score() -> None:
    bodies: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        match request.method, request.path:
            case "GET", "/canaryConfig":
                return web.json_response([{"id": "other", "name": "x"}, {"id": "c 1", "name": "errors"}])
            case "POST", "/canary/c 1":
                assert request.query["storageAccountName"] == "minio"
                bodies.append(await request.json())
                return web.json_response({"canaryExecutionId": "e1"})
            case "GET", "/canary/e1":
                return web.json_response(ended(92.5))
            case _:
                return web.Response(status=404)

    http = Http()
    async with serving(answer) as url:
        begun = await kayenta.measure(http, metric(url), {})
        assert isinstance(begun, UnderWay)
        assert await kayenta.measure(http, metric(url), begun.metadata) == Judged(Phase.SUCCESSFUL, "92.5")
        with pytest.raises(MetricError, match="no canary config 'nothing' for 'shop'"):
            await kayenta.measure(http, metric(url, "nothing"), {})
        await http.close()
    assert bodies[0]["thresholds"] == {"pass": 90, "marginal": 75}
    assert bodies[0]["scopes"]["default"]["controlScope"]["location"] == "eu"


@pytest.mark.parametrize(
    ("score", "phase"),
    [(90, Phase.SUCCESSFUL), (89.9, Phase.INCONCLUSIVE), (75, Phase.INCONCLUSIVE), (74.9, Phase.FAILED)],
)
def test_thresholds_part_good_from_doubtful_from_bad(score: float, phase: Phase) -> None:
    found = kayenta.verdict(ended(score), KayentaThreshold(passing=90, marginal=75))
    assert found is not None
    assert found.phase is phase


@pytest.mark.parametrize(
    "said",
    [{"status": "terminal"}, {"status": "canceled", "complete": True}, {"status": "succeeded", "complete": True}],
)
def test_a_judgement_that_breaks_off_or_has_no_score_is_an_error(said: dict[str, Any]) -> None:
    with pytest.raises(MetricError):
        kayenta.verdict(said, KayentaThreshold(passing=90, marginal=75))


def test_a_judgement_that_runs_has_no_verdict() -> None:
    assert kayenta.verdict({"status": "running", "complete": False}, KayentaThreshold()) is None
