"""A push to a registry refreshes the applications whose chart may now be another one, and no others."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.engine.webhooks import read
from holdfast.engine.webhooks.concerned import concern
from holdfast.model.application import Application
from holdfast.model.errors import BadRequest
from holdfast.model.rendering import ChartUse
from holdfast.model.webhook import WebhookSecrets
from holdfast.testing.builders import application_object

SECRETS = WebhookSecrets(harbor="of-harbor")


def distribution(host: str, tag: str) -> tuple[dict[str, str], Any]:
    event = {"action": "push", "target": {"repository": "team/web", "tag": tag}, "request": {"host": host}}
    return {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}, {"events": [event]}


def github(_: str, tag: str) -> tuple[dict[str, str], Any]:
    version = {"container_metadata": {"tag": {"name": tag}}}
    package = {"name": "web", "namespace": "team", "ecosystem": "CONTAINER", "package_version": version}
    return {"X-GitHub-Event": "package"}, {"action": "published", "package": package}


def harbor(host: str, tag: str) -> tuple[dict[str, str], Any]:
    resource = {"tag": tag, "resource_url": f"{host}/team/web:{tag}"}
    return {"Authorization": "of-harbor"}, {"type": "PUSH_ARTIFACT", "event_data": {"resources": [resource]}}


def applications(host: str) -> dict[str, Application]:
    sources: dict[str, list[dict[str, Any]]] = {
        "range": [{"repoURL": f"{host}/team", "chart": "web", "targetRevision": "1.x"}],
        "any": [{"repoURL": f"oci://{host}/team", "chart": "web", "targetRevision": "*"}],
        "exact": [{"repoURL": f"{host}/team", "chart": "web", "targetRevision": "1.4.0"}],
        "build": [{"repoURL": f"{host}/team", "chart": "web", "targetRevision": "1.4.0+b7"}],
        "next": [{"repoURL": f"{host}/team", "chart": "web", "targetRevision": ">=2.0.0"}],
        "pinned": [{"repoURL": f"oci://{host}/team/web", "path": ".", "targetRevision": "1.4.1"}],
        "artifact": [{"repoURL": f"oci://{host}/team/web", "path": ".", "targetRevision": "~1.4"}],
        "newest": [{"repoURL": f"oci://{host}/team/web", "path": "."}],
        "second": [
            {"repoURL": "https://git.example.com/a.git", "path": "a", "targetRevision": "main"},
            {"repoURL": f"{host}/team", "chart": "web", "targetRevision": "^1.2.0"},
        ],
        "secure": [{"repoURL": f"https://{host}/team", "chart": "web", "targetRevision": "3.x"}],
        "git": [{"repoURL": f"https://{host}/team/web", "path": ".", "targetRevision": "3.0.0"}],
        "neighbour": [{"repoURL": f"{host}/team", "chart": "web2", "targetRevision": "*"}],
        "elsewhere": [{"repoURL": "other.example.com/team", "chart": "web", "targetRevision": "*"}],
    }
    found = {}
    for name, listed in sources.items():
        obj = application_object(name=name)
        del obj["spec"]["source"]
        obj["spec"]["sources"] = listed
        found[name] = msgspec.convert(obj, Application)
    return found


@pytest.mark.parametrize(
    ("sender", "host"),
    [(distribution, "reg.example.com:5000"), (github, "ghcr.io"), (harbor, "harbor.example.com:8443")],
    ids=["distribution", "ghcr", "harbor"],
)
@pytest.mark.parametrize(
    ("tag", "concerned"),
    [
        ("1.4.0", {"range", "any", "exact", "artifact", "second"}),
        ("1.4.0_b7", {"range", "any", "build", "artifact", "second"}),
        ("1.0.0", {"range", "any"}),
        ("2.1.0", {"any", "next"}),
        ("2.1.0-rc.1", set()),
        ("3.0.0", {"any", "next", "secure"}),
        ("latest", {"newest"}),
    ],
)
def test_a_push_refreshes_exactly_the_charts_whose_range_admits_it(
    sender: Any, host: str, tag: str, concerned: set[str]
) -> None:
    headers, payload = sender(host, tag)
    (change,) = read.changes(headers, json.dumps(payload).encode(), SECRETS)
    assert {name for name, app in applications(host).items() if concern(app, change).refresh} == concerned


@pytest.mark.parametrize(
    ("use", "concerned"),
    [
        (ChartUse("oci://reg.example.com/team", "web", "1.x"), True),
        (ChartUse("https://reg.example.com/team/", "web", "~1.4"), True),
        (ChartUse("oci://reg.example.com/team", "web", ""), True),
        (ChartUse("oci://reg.example.com/team", "web", "1.4.0"), True),
        (ChartUse("oci://reg.example.com/team", "web", "1.3.9"), False),
        (ChartUse("oci://reg.example.com/team", "web", "2.x"), False),
        (ChartUse("oci://reg.example.com/team", "web2", "1.x"), False),
        (ChartUse("oci://reg.example.com/other", "web", "1.x"), False),
    ],
)
def test_a_push_concerns_who_was_rendered_with_that_chart(use: ChartUse, concerned: bool) -> None:
    headers, payload = distribution("reg.example.com", "1.4.0")
    (change,) = read.changes(headers, json.dumps(payload).encode(), SECRETS)
    app = msgspec.convert(application_object(), Application)
    assert concern(app, change, (use,)).refresh is concerned
    assert not concern(app, change).refresh


@pytest.mark.parametrize("given", ["", "of-harbo", "of-harbor2", "öf-harbor"])
def test_harbor_must_show_its_secret(given: str) -> None:
    _, payload = harbor("harbor.example.com", "1.0.0")
    with pytest.raises(BadRequest):
        read.changes({"Authorization": given}, json.dumps(payload).encode(), SECRETS)
