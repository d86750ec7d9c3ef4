"""A call on the development server: `manage.py runserver` is daphne, which gives no socket away."""

import os

import pytest
import requests

from calls.models import TranscriptItem
from tests.factories.processes import database_url, running
from tests.integration.calls.site import ended
from tests.services.ports import free_port
from voiceassist.demo.scenario import HangUp, Listen, Scenario


@pytest.fixture
def runserver(site, tmp_path):
    """The development server on the test's database, with the site's stand-ins."""
    port, log = free_port(), tmp_path / "runserver.log"
    site.url = f"http://127.0.0.1:{port}"
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": database_url(),
        "PUBLIC_URL": site.url,
        "STAND_INS_PORT": site.stand_ins.url.rpartition(":")[2],
        "PYTHONUNBUFFERED": "1",  # so that the log is read as it stands
    }
    command = ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with running(command, {**os.environ, **own}, log, "runserver", lambda: _serves(site.url)):
        yield log


def _serves(url):
    try:
        return requests.get(f"{url}/health/live", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_caller_hears_a_sentence_and_hangs_up(site, runserver):
    short = Scenario(description="short", caller=(Listen(), HangUp()))
    report = site.ring(short)
    assert report.warnings == [] and report.played_ms > 0
    call = ended(report)
    assert (call.status, call.ended_reason) == ("completed", "caller_hung_up")
    (greeting,) = TranscriptItem.unscoped.filter(call=call)
    assert greeting.heard_text == "Hello, this is Juniper Cycles. How can I help?"
    logged = runserver.read_text()
    assert "Daphne" in logged and "Traceback" not in logged
