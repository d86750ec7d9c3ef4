"""Trying to send: at once, then again from the background until it is sent or given up."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from voiceassist.foundation.jobs import give_back_connections
from voiceassist.foundation.mail.draft import Draft
from voiceassist.foundation.models import Mail, MailStatus

log = logging.getLogger(__name__)

SMTP_TIMEOUT_S = 10.0
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""Before each further attempt; after the last the mail is given up."""
LOST_AFTER = timedelta(minutes=10)
_LOST = "The server that sent it ended meanwhile: it may or may not have arrived."
_AT_ONCE = 50


def send(
    organization_id: int, draft: Draft, *, key: str = "", timeout: float = SMTP_TIMEOUT_S
) -> Mail:
    """Write a mail down and try to send it; return its row as it then is.

    `failed` is final: the mail server said that it never takes it. `queued` goes on by itself.
    Without a mail server in the settings it is `kept`, for the outbox page.

    Args:
        key: what the mail is for; a second mail with the same key is the first one.
        timeout: seconds that the mail server has for each of its answers.
    """
    mail, new = _store(organization_id, draft, key)
    if new and mail.status == MailStatus.QUEUED:
        _attempt(mail, timeout)
    return mail


def post(organization_id: int, draft: Draft, *, key: str = "") -> Mail:
    """Write a mail down for the background to send; nobody waits for the mail server."""
    return _store(organization_id, draft, key)[0]


def attempt_due() -> None:
    """Try again what is due; whoever comes second finds it claimed."""
    now = timezone.now()
    lost = Mail.unscoped.filter(status=MailStatus.SENDING, next_attempt_at__lt=now - LOST_AFTER)
    lost.update(status=MailStatus.FAILED, error=_LOST)
    due = Mail.unscoped.filter(status=MailStatus.QUEUED, next_attempt_at__lte=now)
    for mail in due.order_by("next_attempt_at")[:_AT_ONCE]:
        _attempt(mail, SMTP_TIMEOUT_S)


def _store(organization_id: int, draft: Draft, key: str) -> tuple[Mail, bool]:
    """Return the mail's row and whether it is a new one."""
    status = MailStatus.QUEUED if settings.EMAIL_HOST else MailStatus.KEPT
    try:
        with transaction.atomic():
            mail = Mail.unscoped.create(
                organization_id=organization_id,
                key=key,
                recipient=draft.recipient,
                subject=draft.subject,
                text=draft.text,
                html=draft.html,
                status=status,
                next_attempt_at=timezone.now(),
            )
    except IntegrityError:
        return Mail.objects.of(organization_id).get(key=key), False
    return mail, True


def _attempt(mail: Mail, timeout: float) -> None:
    now = timezone.now()
    mine = Q(pk=mail.pk, status=MailStatus.QUEUED, attempts=mail.attempts)
    claim = {"status": MailStatus.SENDING, "next_attempt_at": now, "attempts": F("attempts") + 1}
    if not Mail.unscoped.filter(mine).update(**claim):
        return
    mail.attempts += 1
    give_back_connections()  # a mail server may take seconds; others need the connection
    try:
        _hand_over(mail, timeout)
    except (smtplib.SMTPException, OSError) as error:
        _not_sent(mail, error)
    else:
        mail.status, mail.sent_at, mail.error = MailStatus.SENT, timezone.now(), ""
    mail.save(update_fields=["status", "sent_at", "error", "next_attempt_at"])


def _hand_over(mail: Mail, timeout: float) -> None:
    connection = get_connection(timeout=timeout)
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.recipient],
        # The same over all attempts: a receiver that gets it twice can tell.
        headers={"Message-ID": f"<{mail.pk}.{mail.created_at.timestamp():.0f}@{_domain()}>"},
        connection=connection,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def _not_sent(mail: Mail, error: Exception) -> None:
    mail.error = _said(error)[:300]
    if _is_final(error) or mail.attempts > len(PAUSES):
        mail.status = MailStatus.FAILED
    else:
        mail.status = MailStatus.QUEUED
        mail.next_attempt_at = timezone.now() + PAUSES[mail.attempts - 1]
    log.warning("a mail could not be sent", extra={"mail": mail.pk, "status": mail.status})


def _is_final(error: Exception) -> bool:
    """Whether the mail server will never take it: an answer of the 5xx kind, not a sign-in's."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # staff mends the password; the mail is not lost for that
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {_text(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
