"""Whether what a load balancer serves is what the Ingress asks for."""

from __future__ import annotations

import json

import pytest

from holdfast.engine.traffic.alb import hostnames, is_served
from holdfast.model.traffic import ALBTrafficRouting

STABLE, CANARY, TRIED = "shop/web-web-stable:80", "shop/web-web-canary:80", "shop/web-web-tried:80"


def action(**weights: int) -> str:
    groups = [{"ServiceName": f"web-{name}", "ServicePort": "80", "Weight": share} for name, share in weights.items()]
    return json.dumps({"Type": "forward", "ForwardConfig": {"TargetGroups": groups}})


INGRESS = {
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "annotations": {
            "alb.ingress.kubernetes.io/actions.web-stable": action(canary=10, stable=90),
            "alb.ingress.kubernetes.io/actions.beta": action(canary=100),
            "alb.ingress.kubernetes.io/actions.hello": '{"Type": "fixed-response"}',
        },
    },
    "status": {"loadBalancer": {"ingress": [{"hostname": "web.eu-west-1.elb.amazonaws.com"}]}},
}


@pytest.mark.parametrize(
    ("forwards", "expected"),
    [
        ([{STABLE: 90, CANARY: 10}], True),
        ([{STABLE: 90, CANARY: 10}, {CANARY: 1}, {"shop/web-other:80": 1}], True),
        ([{STABLE: 100, CANARY: 0}], False),
        # One of its listeners has not been told yet.
        ([{STABLE: 90, CANARY: 10}, {STABLE: 100, CANARY: 0}], False),
        # An experiment that is over has its share still.
        ([{STABLE: 90, CANARY: 10, TRIED: 5}], False),
        ([{CANARY: 1}], False),
        ([], False),
    ],
)
def test_every_rule_with_both_services_must_have_the_weights_of_the_ingress(
    forwards: list[dict[str, int]], expected: bool
) -> None:
    assert is_served(INGRESS, ALBTrafficRouting(), forwards) is expected


def test_an_ingress_without_a_load_balancer_has_no_name_to_ask_for() -> None:
    assert hostnames(INGRESS) == ["web.eu-west-1.elb.amazonaws.com"]
    assert hostnames({**INGRESS, "status": {"loadBalancer": {}}}) == []
    assert hostnames({**INGRESS, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}) == []
