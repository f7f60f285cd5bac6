"""Mail, by SMTP.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/email/
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from holdfast.engine.notify.services.asked import Asked, converted
from holdfast.model.notification import Mail

SUBMISSION: Final = 587


class Options(Struct, frozen=True):
    host: str
    sender: str = ""
    port: int = SUBMISSION
    username: str = ""
    password: str = ""
    html: bool = False
    insecure_skip_verify: bool = False


class Text(Struct, frozen=True):
    subject: str = ""
    body: str = ""


def message(asked: Asked) -> Mail:
    given = {"sender" if key == "from" else key: value for key, value in asked.options.items()}
    options, text = converted(given, Options), converted(asked.text, Text)
    for name, value in (("from", options.sender), ("the recipient", asked.recipient), ("host", options.host)):
        if not value or not value.isprintable():
            raise ValueError(f"{name} is {'empty' if not value else 'no plain text'}")
    if not 0 < options.port < 1 << 16:
        raise ValueError(f"port {options.port} is none")
    return Mail(
        host=options.host,
        port=options.port,
        sender=options.sender,
        recipient=asked.recipient,
        subject=" ".join(text.subject.split()),
        body=text.body or asked.message,
        html=options.html,
        username=options.username,
        password=options.password,
        insecure=options.insecure_skip_verify,
    )
