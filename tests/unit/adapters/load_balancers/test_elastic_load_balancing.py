"""Which weights an Application Load Balancer serves, with answers in the form of AWS' documentation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from holdfast.adapters.load_balancers.elastic_load_balancing import ElasticLoadBalancing
from holdfast.model.rollout import AwsResourceRef
from holdfast.ports.load_balancers import LoadBalancer, LoadBalancerError
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.clock import LoopClock
from tests.unit.adapters.local_http import Handler, serving

pytestmark = pytest.mark.real_time
HOST = "internal-k8s-shop-web-1234.eu-west-1.elb.amazonaws.com"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret"}
OTHER = (
    "<member><DNSName>other.eu-west-1.elb.amazonaws.com</DNSName><LoadBalancerArn>lb/other</LoadBalancerArn></member>"
)
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/50dc"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/k8s-c/6d0e"
OURS = (
    f"<member><DNSName>{HOST}</DNSName><LoadBalancerArn>{BALANCER}</LoadBalancerArn>"
    "<LoadBalancerName>web</LoadBalancerName></member>"
)
STABLE, CANARY = "shop/web-web-stable:80", "shop/web-web-canary:80"


def tagged(arn: str, resource: str) -> str:
    tag = f"<member><Key>ingress.k8s.aws/resource</Key><Value>{resource}</Value></member>"
    return f"<member><ResourceArn>{arn}</ResourceArn><Tags>{tag}</Tags></member>"


def group(arn: str, weight: int | None = None) -> str:
    said = "<TargetGroupName>k8s</TargetGroupName>" if weight is None else f"<Weight>{weight}</Weight>"
    return f"<member><TargetGroupArn>{arn}</TargetGroupArn>{said}</member>"


def forward(*groups: str) -> str:
    config = f"<ForwardConfig><TargetGroups>{''.join(groups)}</TargetGroups></ForwardConfig>"
    return f"<member><Actions><member><Type>forward</Type>{config}</member></Actions></member>"


FORWARDS = ({STABLE: 90, CANARY: 10}, {CANARY: 1})
PAGES: Mapping[tuple[str, str], str] = {
    ("DescribeLoadBalancers", ""): f"<LoadBalancers>{OTHER}</LoadBalancers><NextMarker>two</NextMarker>",
    ("DescribeLoadBalancers", "two"): f"<LoadBalancers>{OURS}</LoadBalancers>",
    ("DescribeTargetGroups", ""): f"<TargetGroups>{group('tg/s')}{group(GROUP)}{group('tg/x')}</TargetGroups>",
    ("DescribeTags", ""): f"<TagDescriptions>{tagged('tg/s', STABLE)}{tagged(GROUP, CANARY)}</TagDescriptions>",
    ("DescribeListeners", ""): "<Listeners><member><ListenerArn>listener/1</ListenerArn></member></Listeners>",
    ("DescribeRules", ""): "<Rules>"
    + forward(group("tg/s", 90), group(GROUP, 10))
    + forward(group(GROUP))
    + forward(group("tg/x", 1))
    + "</Rules>",
}


def aws(pages: Mapping[tuple[str, str], str], seen: list[dict[str, str]]) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        seen.append({**form, "Authorization": request.headers["Authorization"]})
        action = form["Action"]
        found = pages.get((action, form.get("Marker", "")))
        if found is None:
            text = (
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>the-secret</Message></Error></ErrorResponse>"
            )
            return web.Response(status=403, text=text)
        space = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
        text = f'<{action}Response xmlns="{space}"><{action}Result>{found}</{action}Result></{action}Response>'
        return web.Response(text=text)

    return answer


async def asked(
    pages: Mapping[tuple[str, str], str], seen: list[dict[str, str]] | None = None, host: str = HOST
) -> LoadBalancer:
    async with serving(aws(pages, [] if seen is None else seen)) as url:
        place = AwsPlace.of({**KEYS, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": url})
        opened = ElasticLoadBalancing(place, LoopClock(datetime(2026, 1, 1, tzinfo=UTC)))
        try:
            return await opened.look(host)
        finally:
            await opened.close()


async def test_the_weights_of_every_rule_are_told_by_what_the_target_groups_are_for() -> None:
    seen: list[dict[str, str]] = []
    assert (await asked(PAGES, seen)).forwards == FORWARDS
    assert {one["Version"] for one in seen} == {"2015-12-01"}
    (rules,) = (one for one in seen if one["Action"] == "DescribeRules")
    assert rules["ListenerArn"] == "listener/1"
    (groups,) = (one for one in seen if one["Action"] == "DescribeTargetGroups")
    assert groups["LoadBalancerArn"] == BALANCER
    assert all(one["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") for one in seen)
    assert all("/eu-west-1/elasticloadbalancing/aws4_request" in one["Authorization"] for one in seen)


async def test_it_and_its_target_groups_have_names_for_other_questions() -> None:
    found = await asked(PAGES)
    assert found.named == AwsResourceRef(name="web", arn=BALANCER, full_name="app/web/50dc")
    assert found.groups[CANARY] == AwsResourceRef(name="k8s", arn=GROUP, full_name="targetgroup/k8s-c/6d0e")
    assert set(found.groups) == {STABLE, CANARY}


async def test_a_dual_stack_name_is_the_same_load_balancer() -> None:
    assert (await asked(PAGES, host=f"dualstack.{HOST}")).forwards == FORWARDS


@pytest.mark.parametrize(
    ("missing", "host", "words"),
    [
        ("DescribeRules", HOST, "AWS refuses DescribeRules: AccessDenied; the controller's role needs"),
        ("", "web.example.com", "'web.example.com' is no load balancer of AWS"),
        ("", "nowhere.eu-west-1.elb.amazonaws.com", "shows the controller no load balancer nowhere.eu-west-1"),
    ],
)
async def test_what_cannot_be_told_is_an_error_that_says_why_and_no_secret(missing: str, host: str, words: str) -> None:
    pages = {key: page for key, page in PAGES.items() if key[0] != missing}
    with pytest.raises(LoadBalancerError) as caught:
        await asked(pages, host=host)
    assert words in str(caught.value)
    assert "the-secret" not in str(caught.value)
