"""What argocd-secret asks of the senders of webhooks."""

from __future__ import annotations

import base64

from holdfast.engine.webhooks import secrets


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_keys_are_those_of_argo_cd_and_some_more() -> None:
    data = {
        "webhook.github.secret": encoded("a\n"),
        "webhook.bitbucket.uuid": encoded("b"),
        "webhook.bitbucket.secret": encoded("d"),
        "admin.password": encoded("c"),
    }
    found = secrets.from_secret({"data": data})
    assert (found.github, found.bitbucket_uuid, found.bitbucket, found.gitlab) == ("a", "b", "d", "")


def test_a_damaged_secret_lets_nobody_in() -> None:
    assert secrets.from_secret({"data": {"webhook.github.secret": "!"}}).github == secrets.UNREADABLE


def test_without_the_secret_nothing_is_asked() -> None:
    assert secrets.from_secret({}).github == ""
