"""`send_email` and `send_sms` as an organization's tools, saved and run."""

import pytest

from tests.factories.assistants import make_assistant, make_number
from tests.factories.organizations import make_organization
from tests.factories.tools import assign
from tests.integration.executors.runs import go, go_async
from tests.security.outbound.servers import RawServer, answering
from tests.services.ports import free_port
from tools_library.executors.builtin import registry
from tools_library.services.tools import save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.models import Mail
from voiceassist.foundation.providers import twilio

MAIL = {"to": "ada@example.com", "subject": "Your table", "body": "Friday at 8."}


def configuration(name, **options):
    return {"type": "builtin", "builtin": name, **options}


@pytest.fixture
def phone_company(stand_ins, settings):
    settings.TWILIO_API_BASE_URL = stand_ins.url
    settings.TWILIO_PHONE_NUMBER = "+12025550100"
    twilio.client.cache_clear()
    yield stand_ins
    twilio.client.cache_clear()


async def sms(arguments, context=None, **options):
    return await go_async(
        configuration("send_sms", **options), arguments, side_effect="irreversible", context=context
    )


@pytest.mark.django_db
def test_a_builtin_brings_its_name_words_and_class():
    tool = save_tool(
        make_organization(),
        {
            "tool_type": "builtin",
            "configuration": configuration("send_email"),
            "side_effect": "read",
        },
        by=None,
    )
    assert (tool.name, tool.side_effect) == ("send_email", "irreversible")
    function = tool.function_definition["function"]
    assert function["parameters"]["required"] == ["to", "subject", "body"]


@pytest.mark.django_db
def test_another_name_for_a_builtin_is_refused_and_not_replaced():
    organization = make_organization()
    values = {"tool_type": "builtin", "configuration": configuration("send_email")}
    with pytest.raises(InvalidInput) as refused:
        save_tool(organization, {**values, "name": "my_mailer"}, by=None)
    assert list(refused.value.errors) == ["name"]
    assert "write send_email or leave it out" in refused.value.errors["name"]
    assert save_tool(organization, {**values, "name": "send_email"}, by=None).name == "send_email"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (configuration("send_pigeon"), "configuration.builtin"),
        (configuration("send_sms", from_number="0100"), "configuration.from_number"),
        (configuration("send_email", surprise=1), "configuration.surprise"),
        ({"type": "builtin"}, "configuration.builtin"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_option_is_named(given, field):
    with pytest.raises(InvalidInput) as refused:
        save_tool(
            make_organization(),
            {"name": "x", "tool_type": "builtin", "configuration": given},
            by=None,
        )
    assert field in refused.value.errors


@pytest.mark.django_db
def test_a_mail_goes_to_the_outbox_once_for_each_run(settings):
    settings.EMAIL_HOST = ""
    organization = make_organization()
    for _ in range(2):
        outcome = go(
            configuration("send_email"), MAIL, context={"organization_id": organization.pk}
        )
        assert outcome.status == "success"
        assert "outbox" in outcome.output["message"]
    row = Mail.unscoped.get()
    assert (row.recipient, row.subject, row.text) == tuple(MAIL.values())


@pytest.mark.parametrize(
    ("changed", "options", "word"),
    [
        ({"to": "ada at example"}, {}, "e-mail address"),
        ({"subject": "a\nBcc: b@example.com"}, {}, "one line"),
        ({"to": "ada@example.net"}, {"allowed_domains": ["example.com"]}, "example.com"),
    ],
)
def test_the_model_hears_what_to_change_in_a_mail(changed, options, word):
    outcome = go(configuration("send_email", **options), {**MAIL, **changed})
    assert outcome.error_code == "invalid_arguments"
    assert word in outcome.output["message"]


SERVERS, OURS, THEIRS, CALLER = "+12025550100", "+12025550177", "+12025550178", "+12025550123"


@pytest.fixture
def two(transactional_db, settings):
    """Return one organization with a number, beside another with its own."""
    settings.TWILIO_PHONE_NUMBER = SERVERS
    organization = make_organization()
    make_number(organization, OURS)
    make_number(make_organization(), THEIRS)
    return organization


async def test_a_message_goes_out_from_a_number_of_ours_only(two, phone_company):
    for options, given, sender in (
        ({}, {"from": CALLER, "to": OURS}, OURS),
        ({}, {"from": OURS, "to": CALLER}, OURS),
        ({}, {"from": CALLER, "to": THEIRS}, SERVERS),
        ({}, {"from": CALLER, "to": 7}, SERVERS),
        ({}, [THEIRS], SERVERS),
        ({}, None, SERVERS),
        ({"from_number": OURS}, {"from": CALLER, "to": SERVERS}, OURS),
        ({"from_number": SERVERS}, None, SERVERS),
        ({"from_number": THEIRS}, {"from": CALLER, "to": OURS}, None),
    ):
        rest = await phone_company.app.twilio()
        rest.messages.sent.clear()
        context = {
            "organization_id": two.pk, "phone_number": CALLER, "phone_numbers": given
        }  # fmt: skip
        outcome = await sms({"body": "Your code is 12."}, context, **options)
        sent = [(message["to"], message["from"]) for message in rest.messages.sent]
        assert sent == ([(CALLER, sender)] if sender else []), (options, given)
        if sender is None:
            assert (
                outcome.status == "error"
                and "staff must change from_number" in outcome.output["message"]
            )
            assert "Phone numbers page" in outcome.detail


def test_a_sender_that_is_not_ours_is_refused_at_save(two):
    values = {"tool_type": "builtin", "configuration": configuration("send_sms")}
    tool = save_tool(two, values, by=None)
    for number in (OURS, SERVERS):
        named = configuration("send_sms", from_number=number)
        assert save_tool(two, {"configuration": named}, by=None, tool=tool)
    for number in (THEIRS, "+12025550179"):
        named = configuration("send_sms", from_number=number)
        with pytest.raises(InvalidInput) as refused:
            save_tool(two, {"configuration": named}, by=None, tool=tool)
        text = refused.value.errors["configuration.from_number"]
        assert number in text and "Add it on the Phone numbers page" in text
        with pytest.raises(InvalidInput, match="from_number|Phone numbers"):
            assign(make_assistant(two), tool, custom_configuration={"from_number": number})


BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}"
THROTTLED = b"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("handle", "lost"),
    [
        (answering(BUSY), True),
        (answering(THROTTLED), False),
        (lambda server, connection: server.read_request(connection), True),
        (lambda server, connection: server.ended.wait(20), True),
        (None, False),
    ],
    ids=["busy", "throttled", "hangs up", "silent", "nobody there"],
)
def test_a_message_that_may_have_gone_out_is_not_sent_again(settings, handle, lost):
    server = RawServer(handle or answering(b""))
    port = server.port if handle else free_port()
    settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{port}"
    settings.TWILIO_PHONE_NUMBER = "+12025550100"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "token"
    twilio.client.cache_clear()
    try:
        outcome = go(
            configuration("send_sms"), {"body": "x", "to": "+12025550143"}, seconds=2.0,
            side_effect="irreversible",
        )  # fmt: skip
    finally:
        server.stop()
        twilio.client.cache_clear()
    assert outcome.error_code == "connection_failed"
    assert bool((outcome.trace or {}).get("answer_lost")) is lost


@pytest.mark.parametrize(
    ("arguments", "options", "code"),
    [
        ({"body": "x", "to": "call me"}, {}, "invalid_arguments"),
        ({"body": "x", "to": "+442025550123"}, {"allowed_prefixes": ["+1"]}, "invalid_arguments"),
        ({"body": "x", "to": "+12025550199"}, {}, "refused"),
    ],
)
async def test_a_message_that_cannot_go_is_explained(phone_company, arguments, options, code):
    outcome = await sms(arguments, **options)
    assert (outcome.status, outcome.error_code) == ("error", code)


async def test_a_phone_company_that_is_away_is_said(phone_company, settings):
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    outcome = await sms({"body": "x"})
    assert outcome.error_code == "connection_failed"


def test_builtins_are_listed_by_name():
    assert {"send_email", "send_sms"} <= set(registry.names())
