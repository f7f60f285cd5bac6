"""Sends notifications by mail, in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Final

from holdfast.adapters.notify.addresses import REFUSED, is_refused
from holdfast.model.notification import Mail
from holdfast.ports.notifications import Undelivered

SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 30.0
MOST_SENT: Final = 1024**2
TLS_PORT: Final = 465
_TEMPORARY: Final = range(400, 500)


async def send(mail: Mail, *, guarded: bool) -> None:
    """Raises Undelivered."""
    if len(mail.body) > MOST_SENT:
        raise Undelivered(f"the mail has {len(mail.body):,} characters, {MOST_SENT:,} are allowed", may_pass=False)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            await asyncio.to_thread(_send, mail, guarded)
    except TimeoutError as error:
        raise Undelivered(f"{mail.host} did not take the mail in time", may_pass=True) from error
    except smtplib.SMTPAuthenticationError as error:
        raise Undelivered(f"{mail.host} refuses the username and password", may_pass=False) from error
    except smtplib.SMTPResponseException as error:
        message = f"{mail.host} refuses the mail ({error.smtp_code})"
        raise Undelivered(message, may_pass=error.smtp_code in _TEMPORARY) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        message = f"{mail.host} refuses the recipient ({', '.join(map(str, codes))})"
        raise Undelivered(message, may_pass=all(code in _TEMPORARY for code in codes)) from error
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate of {mail.host} is not trusted; `insecure_skip_verify: true` takes any"
        raise Undelivered(message, may_pass=False) from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Undelivered(f"{mail.host} cannot be reached ({type(error).__name__})", may_pass=True) from error


def _send(mail: Mail, guarded: bool) -> None:
    context = ssl.create_default_context()
    if mail.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with _connected(mail, guarded, context) as server:
        server.ehlo_or_helo_if_needed()
        is_secured = mail.port == TLS_PORT
        if not is_secured and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            is_secured = True
        if mail.username:
            if not is_secured:
                message = f"{mail.host} offers no TLS, so the password is not shown to it"
                raise Undelivered(message, may_pass=False)
            server.login(mail.username, mail.password)
        server.send_message(_composed(mail), mail.sender, [mail.recipient])


def _composed(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="holdfast")
    message.set_content(mail.body, subtype="html" if mail.html else "plain")
    return message


def _connected(mail: Mail, guarded: bool, context: ssl.SSLContext) -> smtplib.SMTP:
    if mail.port == TLS_PORT:
        return (
            _GuardedTls(mail.host, mail.port, timeout=SECONDS, context=context)
            if guarded
            else smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=context)
        )
    kind = _Guarded if guarded else smtplib.SMTP
    return kind(mail.host, mail.port, timeout=SECONDS)


def _opened(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to an address that was looked at. Raises Undelivered."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found if not is_refused(str(address[0]))]
    if not addresses or is_refused(host):
        raise Undelivered(f"{host} {REFUSED}", may_pass=False)
    return socket.create_connection((addresses[0], port), timeout)


class _Guarded(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        return _opened(host, port, timeout)


class _GuardedTls(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        context: ssl.SSLContext = self.context
        return context.wrap_socket(_opened(host, port, timeout), server_hostname=host)
