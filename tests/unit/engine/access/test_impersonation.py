"""Which service account a sync acts as, and what is said when there is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.access import impersonation
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.errors import Blocked

HERE = "https://kubernetes.default.svc"


def _project(*entries: dict[str, str]) -> AppProject:
    spec = {"destinationServiceAccounts": list(entries)}
    return msgspec.convert({"metadata": {"name": "team"}, "spec": spec}, AppProject)


def _app(**destination: str) -> Application:
    raw: dict[str, Any] = {
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {"project": "team", "destination": destination},
    }
    return msgspec.convert(raw, Application)


def _entry(account: str, namespace: str = "*", server: str = "*") -> dict[str, str]:
    return {"server": server, "namespace": namespace, "defaultServiceAccount": account}


@pytest.mark.parametrize(
    ("value", "enabled"), [("true", True), (" True ", True), ("false", False), ("", False), ("yes", False)]
)
def test_it_is_asked_for_by_true_alone(value: str, enabled: bool) -> None:
    assert impersonation.is_enabled({impersonation.ENABLED: value}) is enabled
    assert not impersonation.is_enabled({})


@pytest.mark.parametrize(
    ("entries", "destination", "user"),
    [
        ([_entry("deployer")], {"server": HERE, "namespace": "shop"}, "shop:deployer"),
        ([_entry(" deployer ")], {"server": HERE, "namespace": "shop"}, "shop:deployer"),
        ([_entry("ops:deployer")], {"server": HERE, "namespace": "shop"}, "ops:deployer"),
        ([_entry("deployer")], {"server": HERE}, "argocd:deployer"),
        ([_entry("deployer", server=HERE)], {"namespace": "shop"}, "shop:deployer"),
        ([_entry("a", "shop"), _entry("b")], {"server": HERE, "namespace": "shop"}, "shop:a"),
        ([_entry("a", "shop"), _entry("b")], {"server": HERE, "namespace": "bank"}, "bank:b"),
        ([_entry("a"), _entry("b", "shop")], {"server": HERE, "namespace": "shop"}, "shop:a"),
        ([_entry("a", "shop-*")], {"server": HERE, "namespace": "shop-eu"}, "shop-eu:a"),
    ],
)
def test_the_first_entry_that_fits_counts(
    entries: list[dict[str, str]], destination: dict[str, str], user: str
) -> None:
    assert impersonation.user_of(_app(**destination), _project(*entries)) == f"system:serviceaccount:{user}"


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([], "add one to destinationServiceAccounts of project team"),
        ([_entry("a", "bank")], "no matching service account"),
        ([_entry("a", server="https://elsewhere.example.com")], "no matching service account"),
        ([_entry("")], "invalid chars ''"),
        ([_entry("dep*")], "invalid chars 'dep*'"),
        ([_entry("../admin")], "invalid chars '../admin'"),
        ([_entry("", "shop"), _entry("b")], "invalid chars"),
    ],
)
def test_nothing_is_synced_as_nobody(entries: list[dict[str, str]], problem: str) -> None:
    with pytest.raises(Blocked) as refusal:
        impersonation.user_of(_app(server=HERE, namespace="shop"), _project(*entries))
    assert problem in str(refusal.value)
