"""Which kinds of services there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from holdfast.engine.notify.services import alerts, chats, github, mail, nats, queues, slack, teams, webhook
from holdfast.engine.notify.services.asked import Asked
from holdfast.model.notification import Message

KINDS: Final[Mapping[str, Callable[[Asked], Message]]] = {
    "alertmanager": alerts.alertmanager,
    "awssqs": queues.sqs,
    "email": mail.message,
    "gcppubsub": queues.pub_sub,
    "github": github.message,
    "googlechat": chats.google_chat,
    "grafana": alerts.grafana,
    "mattermost": chats.mattermost,
    "nats": nats.message,
    "newrelic": alerts.new_relic,
    "opsgenie": alerts.opsgenie,
    "pagerduty": alerts.pager_duty_incident,
    "pagerdutyv2": alerts.pager_duty,
    "pushover": chats.pushover,
    "rocketchat": chats.rocket_chat,
    "slack": slack.message,
    "teams": teams.webhook,
    "teams-workflows": teams.workflow,
    "telegram": chats.telegram,
    "webex": chats.webex,
    "webhook": webhook.message,
}


def message(kind: str, asked: Asked) -> Message:
    """Raises ValueError that names the field."""
    build = KINDS.get(kind)
    if build is None:
        raise ValueError(f"services of the kind {kind!r} are not known; there are {', '.join(KINDS)}")
    return build(asked)
