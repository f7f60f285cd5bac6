"""Mail as a server on this machine gets it."""

from __future__ import annotations

from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from holdfast.adapters.notify import smtp
from holdfast.model.notification import Mail
from holdfast.ports.notifications import Undelivered
from tests.unit.adapters.local_http import certificate
from tests.unit.adapters.notify.smtp_server import SmtpServer

pytestmark = pytest.mark.real_time


def mail(server: SmtpServer, **more: Any) -> Mail:
    fields = {"sender": "a@example.com", "recipient": "b@example.com", "subject": "Frühling", "body": "hello\n.\nä"}
    return Mail("127.0.0.1", server.port, **{**fields, **more})


async def failure(sent: Mail, *, guarded: bool = False) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await smtp.send(sent, guarded=guarded)
    return caught.value


async def test_a_mail_arrives() -> None:
    server = SmtpServer()
    async with server.open():
        await smtp.send(mail(server, html=True), guarded=False)

    (text,) = server.mails
    found = message_from_string(text, policy=policy.default)
    assert (found["From"], found["To"], found["Subject"]) == ("a@example.com", "b@example.com", "Frühling")
    assert found.get_content_type() == "text/html"
    assert "rcpt TO:<b@example.com>" in server.commands


async def test_the_password_is_shown_over_tls_alone(tmp_path: Path) -> None:
    server = SmtpServer()
    async with server.open():
        error = await failure(mail(server, username="me", password="secret"))
    assert error.message == "127.0.0.1 offers no TLS, so the password is not shown to it"
    assert not any(command.startswith("AUTH") for command in server.commands)

    _, tls = certificate(tmp_path)
    server = SmtpServer(tls)
    async with server.open():
        assert "is not trusted" in (await failure(mail(server, username="me", password="secret"))).message
        await smtp.send(mail(server, username="me", password="secret", insecure=True), guarded=False)
    assert server.commands.index("STARTTLS") < server.commands.index("AUTH PLAIN AG1lAHNlY3JldA==")
    assert len(server.mails) == 1


@pytest.mark.parametrize(("answer", "may_pass"), [("550 unknown", False), ("451 later", True)])
async def test_a_refused_recipient(answer: str, may_pass: bool) -> None:
    server = SmtpServer(refuses=answer)
    async with server.open():
        error = await failure(mail(server))
    assert error.message == f"127.0.0.1 refuses the recipient ({answer[:3]})"
    assert error.may_pass is may_pass


async def test_the_settings_of_a_namespace_do_not_reach_this_machine() -> None:
    server = SmtpServer()
    async with server.open():
        for host in ("127.0.0.1", "localhost"):
            error = await failure(structs.replace(mail(server), host=host), guarded=True)
            assert "which settings of a namespace may not name" in error.message
    assert server.commands == []


async def test_nobody_there() -> None:
    error = await failure(Mail("127.0.0.1", 1, "a@b", "c@d", "s", "b"))
    assert error.message.startswith("127.0.0.1 cannot be reached")
    assert error.may_pass
