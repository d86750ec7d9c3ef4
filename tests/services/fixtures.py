"""Fixtures every test may ask for: a mail server, a free port, the running product."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.live_loops import end_live_loops
from tests.services.ports import free_port as find_free_port


class Postbox:
    """What the mail server took in, oldest first; `refuse_with` makes it answer an SMTP error."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse_with: str | None = None
        self.host = "127.0.0.1"
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one message, or refuse it as told."""
        if self.refuse_with:
            return self.refuse_with
        message = BytesParser(policy=modern).parsebytes(envelope.content or b"")
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 accepted"


@pytest.fixture
def smtp_server() -> Iterator[Postbox]:
    """A real SMTP server on a free port."""
    postbox = Postbox()
    postbox.port = find_free_port()
    controller = Controller(postbox, hostname=postbox.host, port=postbox.port, ready_timeout=60)
    controller.start()
    yield postbox
    controller.stop()


@pytest.fixture
def free_port() -> int:
    """A TCP port nobody listens on."""
    return find_free_port()


@pytest.fixture(autouse=True)
def _live_loops_end_with_their_test() -> Iterator[None]:
    yield
    end_live_loops(all_of_them=False)


@pytest.fixture(scope="session", autouse=True)
def _quiet_end() -> Iterator[None]:
    """Stop listening to Redis before it goes, so that nothing complains about it."""
    yield
    end_live_loops(all_of_them=True)
