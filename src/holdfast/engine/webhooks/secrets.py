"""Reads what senders of webhooks must prove from argocd-secret."""

from __future__ import annotations

import base64
import binascii

from holdfast.model.kube import KubeObject
from holdfast.model.webhook import WebhookSecrets

KEYS = {
    "webhook.github.secret": "github",
    "webhook.gitlab.secret": "gitlab",
    "webhook.bitbucket.secret": "bitbucket",
    "webhook.bitbucket.uuid": "bitbucket_uuid",
    "webhook.bitbucketserver.secret": "bitbucket_server",
    "webhook.gogs.secret": "gogs",
    "webhook.azuredevops.username": "azure_username",
    "webhook.azuredevops.password": "azure_password",
    "webhook.harbor.secret": "harbor",
    "webhook.registry.secret": "registry",
    "webhook.generic.secret": "generic",
}

UNREADABLE = "\0"
"""What no sender can prove: a secret that is damaged must not open the door."""


def from_secret(secret: KubeObject) -> WebhookSecrets:
    data = secret.get("data") or {}
    return WebhookSecrets(**{name: _text(data[key]) for key, name in KEYS.items() if data.get(key)})


def _text(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return UNREADABLE
