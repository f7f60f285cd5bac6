"""Signatures, by the requests that AWS publishes with theirs: credentials, time and region are those of its test suite."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.runtime.aws.requests import AwsRequest
from holdfast.runtime.aws.signature import Keys, signed

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = "https://example.amazonaws.com"
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
TRIMMED = (("My-Header1", " value1"), ("My-Header2", ' "a   b   c"'))


@pytest.mark.parametrize(
    ("request_", "names", "signature"),
    [
        (
            AwsRequest(f"{HOST}/", method="GET"),
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            AwsRequest(f"{HOST}/ሴ", method="GET"),
            "host;x-amz-date",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ),
        (
            AwsRequest(f"{HOST}/example space/", method="GET"),
            "host;x-amz-date",
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ),
        (
            AwsRequest(f"{HOST}/{UNRESERVED}", method="GET"),
            "host;x-amz-date",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        (
            AwsRequest(f"{HOST}/?Param2=value2&Param1=value1", method="GET"),
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            AwsRequest(f"{HOST}/?{UNRESERVED}={UNRESERVED}", method="GET"),
            "host;x-amz-date",
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        (
            AwsRequest(f"{HOST}/", headers=TRIMMED, method="GET"),
            "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            AwsRequest(f"{HOST}/", headers=FORM, body=b"Param1=value1"),
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_a_request_is_signed_as_aws_signs_it(request_: AwsRequest, names: str, signature: str) -> None:
    found = dict(signed(request_, KEYS, service="service", region="us-east-1", now=AT).headers)
    assert found["X-Amz-Date"] == "20150830T123600Z"
    assert found["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def test_the_token_of_keys_that_end_is_sent_and_signed() -> None:
    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the-token")
    found = dict(
        signed(AwsRequest(f"{HOST}/", method="GET"), keys, service="service", region="us-east-1", now=AT).headers
    )
    assert found["X-Amz-Security-Token"] == "the-token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in found["Authorization"]


def test_a_path_that_is_quoted_already_is_quoted_once_more() -> None:
    """An encoded path is sent as it is; the service signs the text that it was sent."""
    once = dict(
        signed(AwsRequest(f"{HOST}/a%20b", method="GET"), KEYS, service="service", region="us-east-1", now=AT).headers
    )
    raw = dict(
        signed(AwsRequest(f"{HOST}/a b", method="GET"), KEYS, service="service", region="us-east-1", now=AT).headers
    )
    assert once["Authorization"] != raw["Authorization"]
