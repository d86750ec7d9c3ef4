"""Mail against a real SMTP server that refuses, hesitates and goes away."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.utils import timezone

from tests.factories.organizations import make_organization
from tests.services.ports import free_port
from voiceassist.foundation import mail
from voiceassist.foundation.mail import sending
from voiceassist.foundation.models import Mail, MailStatus

pytestmark = pytest.mark.django_db(transaction=True)


class Handler:
    """Takes mails and says to each address what `answers` holds for it."""

    def __init__(self):
        self.envelopes, self.answers = [], {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 taken"


@contextmanager
def smtp(settings):
    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    try:
        yield handler
    finally:
        controller.stop()


def draft(to="ada@example.com", **more):
    return mail.Draft(**{"recipient": to, "subject": "Your table", "text": "Friday at 8.", **more})


def send(to="ada@example.com", *, key="", **more):
    return mail.send(make_organization().pk, draft(to, **more), key=key)


def make_due():
    Mail.unscoped.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_mail_is_handed_over_at_once_with_text_and_html(settings):
    with smtp(settings) as server:
        sent = send(html="<p>Friday at 8.</p>")
    assert sent.status == MailStatus.SENT
    (envelope,) = server.envelopes
    assert envelope.rcpt_tos == ["ada@example.com"]
    content = envelope.content.decode()
    assert "Friday at 8." in content and "<p>Friday at 8.</p>" in content
    assert f"Message-ID: <{sent.pk}." in content


def test_no_database_connection_is_held_while_the_mail_server_is_waited_for(settings, monkeypatch):
    held, connect = [], sending.get_connection

    def spy(**more):
        held.append(connection.connection is not None)
        return connect(**more)

    monkeypatch.setattr(sending, "get_connection", spy)
    with smtp(settings):
        assert send().status == MailStatus.SENT
    assert held == [False]


def test_without_a_mail_server_it_is_kept(settings):
    settings.EMAIL_HOST = ""
    assert send().status == MailStatus.KEPT
    mail.attempt_due()
    assert Mail.unscoped.get().status == MailStatus.KEPT


def test_a_permanent_no_is_final(settings):
    with smtp(settings) as server:
        server.answers["gone@example.com"] = "550 no such person"
        sent = send("gone@example.com")
        make_due()
        mail.attempt_due()
    assert (sent.status, sent.error) == (MailStatus.FAILED, "550 no such person")
    assert Mail.unscoped.get().attempts == 1


def test_a_passing_no_is_tried_again_until_it_works(settings):
    with smtp(settings) as server:
        server.answers["slow@example.com"] = "451 come back later"
        sent = send("slow@example.com")
        assert sent.status == MailStatus.QUEUED
        mail.attempt_due()  # not due yet
        assert Mail.unscoped.get().attempts == 1
        server.answers.clear()
        make_due()
        mail.attempt_due()
        assert len(server.envelopes) == 1
    assert Mail.unscoped.get().status == MailStatus.SENT


def test_a_server_that_is_away_loses_nothing(settings):
    with smtp(settings):
        pass
    sent = send()
    assert sent.status == MailStatus.QUEUED
    assert "ConnectionRefused" in sent.error


def test_a_mail_is_given_up_in_the_end(settings):
    with smtp(settings):
        pass
    send()
    for _ in range(len(sending.PAUSES) + 3):
        make_due()
        mail.attempt_due()
    row = Mail.unscoped.get()
    assert (row.status, row.attempts) == (MailStatus.FAILED, len(sending.PAUSES) + 1)


def test_two_with_one_key_are_one_mail(settings):
    organization = make_organization()
    with smtp(settings) as server:
        first = mail.send(organization.pk, draft(), key="execution:1")
        second = mail.send(organization.pk, draft("other@example.com"), key="execution:1")
    assert first.pk == second.pk
    assert len(server.envelopes) == 1


def test_two_sweeps_at_once_send_a_mail_once(settings):
    with smtp(settings):
        pass
    send()
    with smtp(settings) as server:
        make_due()
        start = threading.Barrier(4)

        def sweep():
            start.wait()
            mail.attempt_due()
            connection.close()

        threads = [threading.Thread(target=sweep) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.envelopes) == 1


def test_a_mail_whose_server_died_while_sending_is_not_sent_twice(settings):
    with smtp(settings) as server:
        send()
        long_ago = timezone.now() - sending.LOST_AFTER - timedelta(seconds=1)
        Mail.unscoped.update(status=MailStatus.SENDING, next_attempt_at=long_ago)
        mail.attempt_due()
        assert len(server.envelopes) == 1
    row = Mail.unscoped.get()
    assert row.status == MailStatus.FAILED
    assert "may or may not" in row.error


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"recipient": "nobody"}, "no e-mail address"),
        ({"recipient": "a@example.com\nBcc: b@example.com"}, "no e-mail address"),
        ({"subject": ""}, "subject"),
        ({"subject": "a\nBcc: b@example.com"}, "one line"),
        ({"subject": "x" * 300}, "subject"),
        ({"text": " "}, "empty"),
        ({"text": "x" * 200_000}, "longer"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(changed, named):
    with pytest.raises(mail.MailRefused) as refused:
        mail.Draft(**{"recipient": "a@example.com", "subject": "s", "text": "t", **changed})
    assert named in refused.value.public_message
