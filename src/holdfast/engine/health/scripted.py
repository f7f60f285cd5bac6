"""Judges an object by the Lua check that argocd-cm gives for its kind: which script is asked, what its answer means."""

from __future__ import annotations

from holdfast.engine.health.customizations import health_of
from holdfast.engine.health.judge import is_waiting_for_deletion
from holdfast.engine.health.reading import unknown
from holdfast.model.customizations import Customizations
from holdfast.model.errors import Blocked
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject, group_kind_of
from holdfast.model.scripts import Script, ScriptAnswer


def script_for(obj: KubeObject, customizations: Customizations) -> Script | None:
    """The script that judges the object; None when `judge` does."""
    return None if is_waiting_for_deletion(obj) else health_of(customizations, group_kind_of(obj))


def report_of(answer: ScriptAnswer, script: Script) -> HealthReport:
    """Source: Argo CD, util/lua/lua.go: a word that is none of the known ones is Unknown."""
    if not answer:
        return unknown(f"{script.key}: the script gave no answer")
    if not isinstance(answer, dict):
        return unknown(f"{script.key}: the script gave no table with status and message")
    status, message = answer.get("status"), answer.get("message")
    if status not in list(Health):
        return unknown(f"{script.key}: the script gave the status {status!r}, which is none of {', '.join(Health)}")
    return HealthReport(Health(status), "" if message is None else str(message))


def report_of_failure(error: Blocked) -> HealthReport:
    return unknown(error.message)
