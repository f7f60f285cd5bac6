"""Services of alerts and marks: Alertmanager, Opsgenie, PagerDuty, Grafana, New Relic.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/overview/ and its pages
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from holdfast.engine.lang import instants
from holdfast.engine.notify.services.asked import (
    Asked,
    basic,
    bearer,
    converted,
    joined,
    named,
    posted,
    with_scheme,
    without_empty,
)
from holdfast.engine.notify.services.webhook import BasicAuth
from holdfast.model.notification import HttpMessage


class Alertmanager(Struct, frozen=True, rename="camel"):
    targets: tuple[str, ...]
    scheme: str = "http"
    api_path: str = "/api/v2/alerts"
    basic_auth: BasicAuth | None = None
    bearer_token: str = ""
    insecure_skip_verify: bool = False


class Alert(Struct, frozen=True, rename={"generator_url": "generatorURL"}):
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    generator_url: str = ""


def alertmanager(asked: Asked) -> HttpMessage:
    """One of the targets is enough: they tell one another."""
    options, text = converted(asked.options, Alertmanager), converted(asked.text, Alert)
    if not options.targets:
        raise ValueError("targets names no Alertmanager")
    if not text.labels:
        raise ValueError("alertmanager.labels of the template has no label, such as alertname")
    alert = {
        "startsAt": instants.stamp(asked.now),
        "labels": text.labels,
        "annotations": text.annotations or {"message": asked.message},
    }
    headers: tuple[tuple[str, str], ...] = (bearer(options.bearer_token),) if options.bearer_token else ()
    if options.basic_auth is not None:
        headers = (basic(options.basic_auth.username, options.basic_auth.password),)
    body = [alert | ({"generatorURL": text.generator_url} if text.generator_url else {})]
    return HttpMessage(
        tuple(
            posted(
                joined(f"{options.scheme}://{target}", options.api_path),
                body,
                *headers,
                insecure=options.insecure_skip_verify,
            )
            for target in options.targets
        )
    )


class Opsgenie(Struct, frozen=True, rename="camel"):
    api_keys: dict[str, str]
    api_url: str = "api.opsgenie.com"


class OpsgenieText(Struct, frozen=True, rename="camel"):
    description: str = ""
    priority: str = ""
    alias: str = ""
    note: str = ""
    entity: str = ""
    user: str = ""
    actions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    visible_to: Any = None


def opsgenie(asked: Asked) -> HttpMessage:
    """The recipient is a team, by its id."""
    options, text = converted(asked.options, Opsgenie), converted(asked.text, OpsgenieText)
    body = {
        "message": asked.message,
        "responders": [{"type": "team", "id": asked.recipient}],
        "description": text.description,
        "priority": text.priority,
        "alias": text.alias,
        "note": text.note,
        "entity": text.entity,
        "user": text.user,
        "actions": text.actions,
        "tags": text.tags,
        "details": text.details,
        "visibleTo": text.visible_to,
    }
    key = named(options.api_keys, asked.recipient, "apiKeys")
    url = joined(with_scheme(options.api_url), "v2/alerts")
    return HttpMessage(
        (posted(url, {name: it for name, it in body.items() if it}, ("Authorization", f"GenieKey {key}")),)
    )


class PagerDuty(Struct, frozen=True, rename="camel"):
    service_keys: dict[str, str]


class PagerDutyText(Struct, frozen=True, rename={"dedup_key": "dedupKey", "class_": "class"}):
    summary: str = ""
    severity: str = "info"
    source: str = ""
    component: str = ""
    group: str = ""
    class_: str = ""
    url: str = ""
    dedup_key: str = ""


def pager_duty(asked: Asked) -> HttpMessage:
    """The second version of its events."""
    options, text = converted(asked.options, PagerDuty), converted(asked.text, PagerDutyText)
    payload = {
        "summary": text.summary or asked.message,
        "severity": text.severity,
        "source": text.source or "holdfast",
        "timestamp": instants.stamp(asked.now),
        "component": text.component,
        "group": text.group,
        "class": text.class_,
    }
    key = named(options.service_keys, asked.recipient, "serviceKeys")
    body = {"routing_key": key, "event_action": "trigger", "payload": without_empty(payload), "client": "Holdfast"}
    more = without_empty({"client_url": text.url, "dedup_key": text.dedup_key})
    return HttpMessage((posted("https://events.pagerduty.com/v2/enqueue", {**body, **more}),))


class PagerDutyRest(Struct, frozen=True, rename={"service_id": "serviceID"}):
    token: str
    sender: str = field(name="from", default="")
    service_id: str = ""


class PagerDutyIncident(Struct, frozen=True, rename={"priority_id": "priorityId", "body_type": "bodyType"}):
    title: str = ""
    urgency: str = ""
    priority_id: str = ""
    body_type: str = "incident_body"


def pager_duty_incident(asked: Asked) -> HttpMessage:
    """The first version: an incident of a service. `from` is the address of a user there; the recipient is the id of the
    service where the settings name none."""
    options, text = converted(asked.options, PagerDutyRest), converted(asked.text, PagerDutyIncident)
    service = options.service_id or asked.recipient
    if not service:
        raise ValueError("serviceID names no service")
    incident = {
        "type": "incident",
        "title": text.title or asked.message,
        "service": {"id": service, "type": "service_reference"},
        "priority": {"id": text.priority_id, "type": "priority_reference"} if text.priority_id else None,
        "urgency": text.urgency,
        "body": {"type": text.body_type, "details": asked.message},
    }
    headers = (("Authorization", f"Token token={options.token}"), ("From", options.sender))
    url = "https://api.pagerduty.com/incidents"
    return HttpMessage((posted(url, {"incident": without_empty(incident)}, *headers),))


class Grafana(Struct, frozen=True, rename="camel"):
    api_url: str
    api_key: str
    insecure_skip_verify: bool = False


def grafana(asked: Asked) -> HttpMessage:
    """An annotation; the recipient are its tags, with `|` between."""
    options = converted(asked.options, Grafana)
    tags = [tag for tag in asked.recipient.split("|") if tag]
    body = {"time": int(asked.now.timestamp() * 1000), "isRegion": False, "tags": tags, "text": asked.message}
    url = joined(options.api_url, "annotations")
    return HttpMessage((posted(url, body, bearer(options.api_key), insecure=options.insecure_skip_verify),))


class NewRelic(Struct, frozen=True):
    api_key: str
    api_url: str = "https://api.newrelic.com"


class Deployment(Struct, frozen=True):
    revision: str = ""
    changelog: str = ""
    description: str = ""
    user: str = ""


def new_relic(asked: Asked) -> HttpMessage:
    """A mark of a deployment; the recipient is the id of the application there."""
    options = converted(
        {{"apiKey": "api_key", "apiURL": "api_url"}.get(key, key): value for key, value in asked.options.items()},
        NewRelic,
    )
    text = converted(asked.text, Deployment)
    if not text.revision:
        raise ValueError("newrelic.revision of the template is empty")
    said = {"revision": text.revision, "changelog": text.changelog, "user": text.user}
    body = {"deployment": without_empty({**said, "description": text.description or asked.message})}
    url = joined(options.api_url, f"v2/applications/{quote(asked.recipient, safe='')}/deployments.json")
    return HttpMessage((posted(url, body, ("X-Api-Key", options.api_key)),))
