"""A call on the development server: `manage.py runserver` is daphne, which gives no socket away."""

import os
import subprocess
import sys

import pytest
import requests

from calls.models import TranscriptItem
from tests.factories.processes import ROOT, database_url
from tests.integration.calls.site import ended
from tests.services.ports import free_port, wait_for
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
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=ROOT, env={**os.environ, **own}, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(
            lambda: _serves(site.url), seconds=60, what="runserver",
            log=lambda: log.read_text(errors="replace")[-3000:],
            alive=lambda: process.poll() is None,
        )  # fmt: skip
        yield log
    finally:
        process.terminate()
        process.wait(30)


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
