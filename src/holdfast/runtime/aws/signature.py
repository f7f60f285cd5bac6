"""Signs requests to AWS with signature version 4.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
from msgspec import Struct

from holdfast.runtime.aws.requests import AwsError, AwsRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
OURS: Final = frozenset({"host", "authorization", "x-amz-date", "x-amz-security-token"})
_UNRESERVED: Final = "-_.~"


class Keys(Struct, frozen=True):
    """`token` belongs to keys that end by themselves."""

    access: str
    secret: str
    token: str = ""


def signed(request: AwsRequest, keys: Keys, *, service: str, region: str, now: datetime) -> AwsRequest:
    """The same request with the headers that prove who asks, for this host and the next minutes alone. Raises AwsError."""
    url = urlsplit(request.url)
    names_given = [name.lower() for name, _ in request.headers]
    if len(set(names_given)) < len(names_given) or not OURS.isdisjoint(names_given):
        raise AwsError(f"a request to AWS has each header once, and none of {', '.join(sorted(OURS))}: they are signed")
    at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    token = (("X-Amz-Security-Token", keys.token),) if keys.token else ()
    headers = (*request.headers, ("X-Amz-Date", at), *token)
    told = {name.lower(): " ".join(value.split()) for name, value in (("host", url.netloc), *headers)}
    names = ";".join(sorted(told))
    canonical = "\n".join(
        (
            request.method,
            _path(url.path),
            _query(url.query),
            *(f"{name}:{told[name]}" for name in sorted(told)),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = _hmac(_key(keys.secret, at[:8], region, service), f"{ALGORITHM}\n{at}\n{scope}\n{digest}").hex()
    proof = f"{ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    return msgspec.structs.replace(request, headers=(*headers, ("Authorization", proof)))


def _path(raw: str) -> str:
    """Quoted once more than it is sent, as all services but S3 want it, without empty segments and dots."""
    plain = posixpath.normpath(raw or "/").lstrip("/")
    ending = "/" if raw.endswith("/") and plain else ""
    return quote(f"/{plain}{ending}", safe=f"/{_UNRESERVED}")


def _query(raw: str) -> str:
    pairs = parse_qsl(raw, keep_blank_values=True)
    return "&".join(
        f"{key}={value}"
        for key, value in sorted((quote(key, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for key, value in pairs)
    )


def _key(secret: str, day: str, region: str, service: str) -> bytes:
    found = f"AWS4{secret}".encode()
    for text in (day, region, service, "aws4_request"):
        found = _hmac(found, text)
    return found


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
