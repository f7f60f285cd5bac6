"""Has Kayenta judge a canary: starts a judgement, and asks for its score until there is one.

Source: https://github.com/spinnaker/kayenta/blob/master/docs/ (the canary API), Argo Rollouts, docs/analysis/kayenta.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.engine.analysis.phases import Phase
from holdfast.model.metric_provider import KayentaMetric, KayentaScope, KayentaThreshold, ScopeDetail
from holdfast.ports.metrics import Judged, MetricError, UnderWay

LOOKS_AGAIN: Final = timedelta(seconds=15)
EXECUTION: Final = "canaryExecutionId"
SECONDS: Final = 30.0
_ASKED: Final = "Kayenta"
_BROKEN_OFF: Final = frozenset({"terminal", "canceled", "stopped"})
_JSON: Final = (("Content-Type", "application/json"),)


async def measure(http: Http, wanted: KayentaMetric, under_way: Mapping[str, str]) -> Judged | UnderWay:
    """`under_way` is what the judgement was begun with, empty before. Raises MetricError."""
    base = wanted.address.rstrip("/")
    execution = under_way.get(EXECUTION)
    if execution:
        said = await _json(http, Request(f"{base}/canary/{quote(execution, safe='')}", seconds=SECONDS))
        return verdict(said, wanted.threshold) or UnderWay(under_way, LOOKS_AGAIN)
    config = await _config(http, wanted, base)
    accounts = {
        "application": wanted.application,
        "metricsAccountName": wanted.metrics_account_name,
        "configurationAccountName": wanted.configuration_account_name,
        "storageAccountName": wanted.storage_account_name,
    }
    url = f"{base}/canary/{quote(config, safe='')}?{urlencode(accounts)}"
    body = msgspec.json.encode(judgement(wanted))
    begun = _in(await _json(http, Request(url, method="POST", headers=_JSON, body=body, seconds=SECONDS)), EXECUTION)
    if not isinstance(begun, str) or not begun:
        raise MetricError(f"{_ASKED}: the answer has no {EXECUTION}")
    return UnderWay({EXECUTION: begun}, LOOKS_AGAIN)


async def _config(http: Http, wanted: KayentaMetric, base: str) -> str:
    asked = {"application": wanted.application, "configurationAccountName": wanted.configuration_account_name}
    found = await _json(http, Request(f"{base}/canaryConfig?{urlencode(asked)}", seconds=SECONDS))
    for one in found if isinstance(found, list) else ():
        if _in(one, "name") == wanted.canary_config_name and isinstance(_in(one, "id"), str):
            return str(one["id"])
    raise MetricError(f"{_ASKED} has no canary config {wanted.canary_config_name!r} for {wanted.application!r}")


async def _json(http: Http, request: Request) -> Any:
    return decoded(checked(await http.ask(request), _ASKED), _ASKED)


def verdict(said: Any, threshold: KayentaThreshold) -> Judged | None:
    """From `pass` on it is good, from `marginal` on a person looks at it; None before the end. Raises MetricError."""
    status = str(_in(said, "status") or "").lower()
    if status in _BROKEN_OFF:
        raise MetricError(f"the judgement of {_ASKED} is {status}")
    if not _in(said, "complete"):
        return None
    score = _in(said, "result", "judgeResult", "score", "score")
    if status != "succeeded" or isinstance(score, bool) or not isinstance(score, int | float):
        raise MetricError(f"the judgement of {_ASKED} ended as {status or 'nothing'} without a score")
    if score >= threshold.passing:
        phase = Phase.SUCCESSFUL
    else:
        phase = Phase.INCONCLUSIVE if score >= threshold.marginal else Phase.FAILED
    return Judged(phase, written(float(score)))


def judgement(wanted: KayentaMetric) -> dict[str, Any]:
    return {
        "scopes": {scope.name: _scope(scope) for scope in wanted.scopes},
        "thresholds": {"pass": wanted.threshold.passing, "marginal": wanted.threshold.marginal},
    }


def _scope(scope: KayentaScope) -> dict[str, Any]:
    return {"controlScope": _detail(scope.control_scope), "experimentScope": _detail(scope.experiment_scope)}


def _detail(one: ScopeDetail) -> dict[str, Any]:
    return {"scope": one.scope, "location": one.region, "step": one.step, "start": one.start, "end": one.end}


def _in(said: Any, *path: str) -> Any:
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    return said
