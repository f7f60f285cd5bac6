"""Asks AWS which weights an Application Load Balancer gives to the target groups of Services.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html (version 2015-12-01); the tag by
which the AWS Load Balancer Controller says what it made a target group for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree

from holdfast.model.rollout import AwsResourceRef
from holdfast.ports.clock import Clock
from holdfast.ports.load_balancers import Forward, LoadBalancer, LoadBalancerError, LoadBalancerMissing
from holdfast.runtime.aws import identity
from holdfast.runtime.aws.http import AwsHttp
from holdfast.runtime.aws.identity import AwsPlace
from holdfast.runtime.aws.requests import AwsError, AwsRequest
from holdfast.runtime.aws.signature import Keys, signed

MOST_SECONDS: Final = 30.0
"""For all questions about one load balancer."""
MOST_PAGES: Final = 50
TAGS_AT_ONCE: Final = 20
RESOURCE_TAG: Final = "ingress.k8s.aws/resource"
_HOST: Final = re.compile(r"\.([a-z]{2}[a-z0-9-]{1,30})\.elb\.amazonaws\.com(?:\.cn)?$")
_FORM: Final = (("Content-Type", "application/x-www-form-urlencoded"),)
_SERVICE: Final = "elasticloadbalancing"


class ElasticLoadBalancing:
    """With the keys of the environment, or the role of the controller's service account."""

    def __init__(self, place: AwsPlace, clock: Clock) -> None:
        self._http = AwsHttp()
        self._place = place
        self._clock = clock

    async def close(self) -> None:
        await self._http.close()

    async def look(self, hostname: str) -> LoadBalancer:
        found = _HOST.search(hostname.lower())
        if found is None:
            raise LoadBalancerMissing(f"{hostname!r} is no load balancer of AWS (NAME.REGION.elb.amazonaws.com)")
        region = found[1]
        try:
            async with asyncio.timeout(MOST_SECONDS):
                keys = await identity.keys(self._http.ask, self._place, region=region, now=self._clock.now())
                return await _Asking(self._http, self._place, keys, region, self._clock).look(hostname.lower())
        except TimeoutError as error:
            raise LoadBalancerError(f"AWS does not answer about {hostname} within {MOST_SECONDS:g} s") from error
        except AwsError as error:
            raise LoadBalancerError(error.message) from error


class _Asking:
    """The questions about one load balancer, with keys that are taken on for them."""

    def __init__(self, http: AwsHttp, place: AwsPlace, keys: Keys, region: str, clock: Clock) -> None:
        self._http = http
        self._url = place.endpoint("ELASTIC_LOAD_BALANCING_V2", _SERVICE, region)
        self._keys = keys
        self._region = region
        self._clock = clock

    async def look(self, hostname: str) -> LoadBalancer:
        balancer = await self._balancer(hostname)
        names = await self._groups(balancer.arn)
        resources = await self._resources(list(names))
        found: list[Forward] = []
        for listener in _texts(await self._all("DescribeListeners", LoadBalancerArn=balancer.arn), "ListenerArn"):
            for page in await self._all("DescribeRules", ListenerArn=listener):
                found.extend(filter(None, (_forward(one, resources) for one in page.iterfind(".//{*}ForwardConfig"))))
        groups = {resource: names[arn] for arn, resource in resources.items() if resource and arn in names}
        return LoadBalancer(balancer, tuple(found), groups)

    async def _balancer(self, hostname: str) -> AwsResourceRef:
        """AWS finds none by its address: all of the region are looked through. `dualstack.` is a name of the same one."""
        wanted = hostname.removeprefix("dualstack.")
        for page in await self._all("DescribeLoadBalancers"):
            for member in page.iterfind(".//{*}LoadBalancers/{*}member"):
                if (member.findtext("{*}DNSName") or "").lower().removeprefix("dualstack.") == wanted:
                    return _named(member, "LoadBalancer")
        raise LoadBalancerMissing(
            f"AWS shows the controller no load balancer {hostname} in {self._region}: its keys are to be of the same account"
        )

    async def _groups(self, balancer: str) -> dict[str, AwsResourceRef]:
        """By their ARNs."""
        pages = await self._all("DescribeTargetGroups", LoadBalancerArn=balancer)
        found = [_named(one, "TargetGroup") for page in pages for one in page.iterfind(".//{*}TargetGroups/{*}member")]
        return {one.arn: one for one in found if one.arn}

    async def _resources(self, groups: Sequence[str]) -> dict[str, str]:
        """What each target group was made for, by its ARN."""
        found = {}
        for start in range(0, len(groups), TAGS_AT_ONCE):
            some = groups[start : start + TAGS_AT_ONCE]
            said = {f"ResourceArns.member.{number}": arn for number, arn in enumerate(some, 1)}
            for description in (await self._ask("DescribeTags", said)).iterfind(".//{*}TagDescriptions/{*}member"):
                tags = {
                    tag.findtext("{*}Key"): tag.findtext("{*}Value")
                    for tag in description.iterfind("{*}Tags/{*}member")
                }
                found[description.findtext("{*}ResourceArn") or ""] = tags.get(RESOURCE_TAG) or ""
        return found

    async def _all(self, action: str, **said: str) -> list[ElementTree.Element]:
        """Every page of the answer."""
        pages: list[ElementTree.Element] = []
        marker = ""
        while len(pages) < MOST_PAGES:
            pages.append(await self._ask(action, {**said, **({"Marker": marker} if marker else {})}))
            marker = pages[-1].findtext(".//{*}NextMarker") or ""
            if not marker:
                return pages
        raise LoadBalancerError(f"AWS answers {action} with more than {MOST_PAGES} pages")

    async def _ask(self, action: str, said: dict[str, str]) -> ElementTree.Element:
        body = urlencode({"Action": action, "Version": "2015-12-01", **said}).encode()
        request = AwsRequest(self._url, _FORM, body)
        proved = signed(request, self._keys, service=_SERVICE, region=self._region, now=self._clock.now())
        answer = await self._http.ask(proved)
        try:
            # Bounded, and from AWS; the parser itself refuses entities that multiply.
            root = ElementTree.fromstring(answer.body)  # noqa: S314
        except ElementTree.ParseError as error:
            raise LoadBalancerError(f"AWS answers {action} with {answer.status} and no XML") from error
        if answer.status != 200:
            code = root.findtext(".//{*}Code") or f"answer {answer.status}"
            raise LoadBalancerError(
                f"AWS refuses {action}: {code}; the controller's role needs elasticloadbalancing:{action}"
            )
        return root


def _named(member: ElementTree.Element, kind: str) -> AwsResourceRef:
    """The full name is what CloudWatch has as a dimension: app/NAME/ID, targetgroup/NAME/ID."""
    arn = member.findtext(f"{{*}}{kind}Arn") or ""
    full_name = arn.rpartition(":")[2].removeprefix("loadbalancer/")
    return AwsResourceRef(name=member.findtext(f"{{*}}{kind}Name") or "", arn=arn, full_name=full_name)


def _texts(pages: Iterable[ElementTree.Element], name: str) -> list[str]:
    return [one.text for page in pages for one in page.iterfind(f".//{{*}}{name}") if one.text]


def _forward(config: ElementTree.Element, resources: dict[str, str]) -> Forward:
    """Target groups that nobody has tagged are left out."""
    found = {}
    for group in config.iterfind("{*}TargetGroups/{*}member"):
        resource = resources.get(group.findtext("{*}TargetGroupArn") or "", "")
        weight = group.findtext("{*}Weight") or ""
        if resource:
            found[resource] = int(weight) if weight.isdecimal() else 1
    return found
