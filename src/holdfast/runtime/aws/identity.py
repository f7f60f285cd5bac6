"""Who the controller is to AWS: the keys of its environment, or those that its service account's token is exchanged for.

Never asked is the metadata service of the machine: whoever may write a template must not act as the machine.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree

from msgspec import Struct

from holdfast.runtime.aws.requests import Ask, AwsAnswer, AwsError, AwsRequest
from holdfast.runtime.aws.signature import Keys, signed

LONGEST_TOKEN: Final = 64 * 1024
SESSION: Final = "holdfast"
_FORM: Final = (("Content-Type", "application/x-www-form-urlencoded"),)
NO_KEYS: Final = (
    "the controller has no AWS keys: give it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment, or a service "
    "account with a role (AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)"
)


class AwsPlace(Struct, frozen=True):
    """What the environment of the controller says, under the names that all SDKs of AWS read."""

    keys: Keys | None = None
    region: str = ""
    role_arn: str = ""
    token_file: str = ""
    endpoints: Mapping[str, str] = {}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> AwsPlace:
        def said(name: str) -> str:
            return environment.get(name, "").strip()

        access, secret = said("AWS_ACCESS_KEY_ID"), said("AWS_SECRET_ACCESS_KEY")
        endpoints = {
            service: said(f"AWS_ENDPOINT_URL_{service}") or said("AWS_ENDPOINT_URL")
            for service in ("STS", "CLOUDWATCH", "ELASTIC_LOAD_BALANCING_V2", "SQS")
        }
        return cls(
            keys=Keys(access, secret, said("AWS_SESSION_TOKEN")) if access and secret else None,
            region=said("AWS_REGION") or said("AWS_DEFAULT_REGION"),
            role_arn=said("AWS_ROLE_ARN"),
            token_file=said("AWS_WEB_IDENTITY_TOKEN_FILE"),
            endpoints=endpoints,
        )

    def endpoint(self, service: str, name: str, region: str) -> str:
        """`service` as in the environment, `name` as in the address."""
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"{(self.endpoints.get(service) or f'https://{name}.{region}.{suffix}').rstrip('/')}/"


async def keys(ask: Ask, place: AwsPlace, *, region: str, role_arn: str = "", now: datetime) -> Keys:
    """Keys of the environment come first, then the role of the service account; `role_arn` is taken on with them.

    Roles are taken on anew each time: their keys are never kept. Raises AwsError.
    """
    found = place.keys or await _of_service_account(ask, place, region)
    if not role_arn:
        return found
    form = {"Action": "AssumeRole", "RoleArn": role_arn, "RoleSessionName": SESSION}
    request = signed(_sts(place, region, form), found, service="sts", region=region, now=now)
    return _keys(await ask(request), role_arn)


async def _of_service_account(ask: Ask, place: AwsPlace, region: str) -> Keys:
    if not (place.role_arn and place.token_file):
        raise AwsError(NO_KEYS)
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "RoleArn": place.role_arn,
        "RoleSessionName": SESSION,
        "WebIdentityToken": _token(place.token_file),
    }
    return _keys(await ask(_sts(place, region, form)), place.role_arn)


def _token(path: str) -> str:
    """A short file that the kubelet keeps fresh, in memory."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(LONGEST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AwsError("the file of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read") from error


def _sts(place: AwsPlace, region: str, form: Mapping[str, str]) -> AwsRequest:
    body = urlencode({**form, "Version": "2011-06-15"}).encode()
    return AwsRequest(place.endpoint("STS", "sts", region), _FORM, body)


def _keys(answer: AwsAnswer, role: str) -> Keys:
    """What is said of a refusal may repeat the token: only its code is told."""
    try:
        # Bounded, and from AWS; the parser itself refuses entities that multiply.
        root = ElementTree.fromstring(answer.body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise AwsError(f"AWS answers {answer.status} to who takes on {role}, and no XML", may_pass=True) from error
    told = {
        name: (root.findtext(f".//{{*}}{name}") or "") for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    }
    if answer.status != 200 or not all(told.values()):
        code = root.findtext(".//{*}Code") or f"answer {answer.status}"
        raise AwsError(f"AWS does not let the controller take on {role}: {code}", may_pass=answer.status >= 500)
    return Keys(told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])
