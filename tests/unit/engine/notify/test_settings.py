"""What the ConfigMap of notifications says, and what cannot be read in it."""

from __future__ import annotations

import pytest

from holdfast.engine.notify import settings
from holdfast.engine.notify.settings import Condition
from holdfast.model.notification import Destination


def test_each_kind_of_key_is_read() -> None:
    found = settings.read(
        {
            "service.slack": "token: $slack-token\n",
            "service.webhook.deploys": "url: https://hooks.example.com\n",
            "template.done": "message: done\n",
            "trigger.on-done": "- when: rollout.spec.replicas > 1\n  oncePer: rollout.status.currentPodHash\n  send: [done]\n",
            "subscriptions": "- recipients: [slack:releases, deploys]\n  triggers: [on-done]\n  selector: team=web\n",
            "defaultTriggers": "- on-done\n",
            "defaultTriggers.slack": "[]",
            "context": "replicas: 3\n",
            "somethingElse": "[",
        }
    )

    assert found.problems == ()
    assert {name: one.type for name, one in found.services.items()} == {"slack": "slack", "deploys": "webhook"}
    assert found.triggers["on-done"] == (
        Condition(("done",), "rollout.spec.replicas > 1", "rollout.status.currentPodHash"),
    )
    assert found.subscriptions[0].destinations == (Destination("slack", "releases"), Destination("deploys", ""))
    assert found.defaults_of("slack") == ()
    assert found.defaults_of("deploys") == ("on-done",)
    assert found.context == {"replicas": "3"}


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("service.slack", "token", "service.slack: is to be a mapping"),
        ("service.slack", "token: [", "service.slack: invalid YAML"),
        ("template.done", "- message", "template.done: is to be a mapping"),
        ("trigger.on-done", "send: [done]", "trigger.on-done: Expected `array`"),
        ("trigger.on-done", "- when: rollout.(\n  send: []", "trigger.on-done: [0].when: "),
        ("trigger.on-done", "- oncePer: ==\n  send: []", "trigger.on-done: [0].oncePer: "),
        ("trigger.on-done", "- send: [gone]", "trigger.on-done: sends gone, and there is no template.gone"),
        ("subscriptions", "- recipients: [a]\n  selector: a in (", "subscriptions: [0].selector: "),
        ("defaultTriggers", "a: b", "defaultTriggers: Expected `array`"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_holds(key: str, text: str, said: str) -> None:
    found = settings.read({"template.other": "message: hello", key: text})

    assert len(found.problems) == 1
    assert found.problems[0].startswith(said)
    assert found.templates["other"] == {"message": "hello"}
