"""Every tool of the demo really runs, against the stand-ins."""

import asyncio
import threading
from urllib.parse import urlsplit

import pytest

from tests.integration.api_tools.conftest import Api
from tools_library.models import Tool
from voiceassist.demo.seed import seed
from voiceassist.demo.stand_ins import StandInServer
from voiceassist.foundation.providers import aws
from voiceassist.organizations.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def stand_ins():
    """The stand-ins in a thread of their own, for tools that block."""
    loop, server = asyncio.new_event_loop(), StandInServer()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def in_loop(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    yield in_loop(server.__aenter__())
    in_loop(server.__aexit__(None, None, None))
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
def shop(stand_ins, settings):
    """The demo's organization with the stand-ins at hand."""
    aws.warm()  # a busy machine loads the SDK for longer than a run has time
    settings.STAND_INS_URL = settings.AWS_ENDPOINT_URL = stand_ins.url
    settings.OUTBOUND_ALLOW = [urlsplit(stand_ins.url).netloc]
    seed()
    settings.JOBS_RUNNER = "in_process"  # only now: the help pages need not be read meanwhile
    return Organization.objects.get(slug="juniper-cycles")


@pytest.mark.parametrize(
    ("name", "parameters", "part"),
    [
        ("lookup_order", {"order_id": "1042"}, "order"),
        ("cancel_order", {"order_id": "1043"}, "is cancelled"),
        ("book_appointment", {"day": "Tuesday"}, "Tuesday"),
        ("delivery_day", {"speed": "express"}, "It arrives on "),
        ("check_stock", {"article": "bell"}, "31"),
        ("opening_hours", {"day": "saturday"}, "10 to 16"),
        (
            "send_email",
            {"to": "ada@example.com", "subject": "Hello", "body": "All is well."},
            "ada@example.com",
        ),
    ],
)
def test_a_tool_of_the_demo_runs(shop, name, parameters, part):
    tool = Tool.objects.of(shop).get(name=name)
    path = f"/api/organization/tools/{tool.pk}/test"
    tested = Api(shop, "operator")("POST", path, 200, {"parameters": parameters})
    assert tested["success"] is True and part.lower() in tested["message"].lower(), tested
