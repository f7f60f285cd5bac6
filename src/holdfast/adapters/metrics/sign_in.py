"""How Prometheus and web metrics sign in: OAuth2 client credentials or a name and a password.

Source: https://www.rfc-editor.org/rfc/rfc6749#section-4.4
"""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import quote_plus, urlencode

from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.model.metric_provider import Authentication, OAuth2Config
from holdfast.ports.metrics import MetricError

SECONDS: Final = 20.0


def check(wanted: Authentication) -> None:
    """Raises MetricError for what is half said."""
    oauth2, basic = wanted.oauth2, wanted.basic_auth
    if oauth2.token_url and not (oauth2.client_id and oauth2.client_secret):
        raise MetricError("missing mandatory parameter in metric for OAuth2 setup: clientId, clientSecret")
    if bool(basic.username) != bool(basic.password):
        missing = "password" if basic.username else "username"
        raise MetricError(f"missing mandatory parameter in metric for basic auth setup: {missing}")


async def headers(http: Http, wanted: Authentication, *, insecure: bool) -> tuple[tuple[str, str], ...]:
    """A token is asked for with each measurement: it is never kept. Raises MetricError."""
    check(wanted)
    if wanted.oauth2.token_url:
        return (("Authorization", f"Bearer {await _token(http, wanted.oauth2, insecure)}"),)
    basic = wanted.basic_auth
    if basic.username:
        return (("Authorization", f"Basic {_pair(basic.username, basic.password)}"),)
    return ()


async def _token(http: Http, wanted: OAuth2Config, insecure: bool) -> str:
    form = {"grant_type": "client_credentials", **({"scope": " ".join(wanted.scopes)} if wanted.scopes else {})}
    client = _pair(quote_plus(wanted.client_id), quote_plus(wanted.client_secret))
    answer = await http.ask(
        Request(
            wanted.token_url,
            method="POST",
            headers=(("Authorization", f"Basic {client}"), ("Content-Type", "application/x-www-form-urlencoded")),
            body=urlencode(form).encode(),
            seconds=SECONDS,
            insecure=insecure,
        )
    )
    if not 200 <= answer.status < 300:
        # What was said may repeat the credentials.
        raise MetricError(f"the OAuth2 server answers {answer.status}")
    said = decoded(checked(answer, "the OAuth2 server"), "the OAuth2 server")
    token = said.get("access_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or not token:
        raise MetricError("the OAuth2 server gives no access_token")
    return token


def _pair(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()
