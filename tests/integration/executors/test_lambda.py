"""AWS Lambda tools against the stand-in, which checks signatures and really runs functions."""

import asyncio
import json

import pytest

from tests.integration.executors.runs import go_async
from tests.security.outbound.servers import RawServer, answering, dripping, ok
from tools_library.engine.errors import ToolError
from tools_library.engine.secrets import FixedSecrets
from tools_library.executors.aws_lambda.config import Credentials
from tools_library.executors.aws_lambda.functions import list_functions
from voiceassist.demo.stand_ins.aws import account
from voiceassist.foundation.providers import aws

KEYS = {"aws_access_key": account.ACCESS_KEY_ID, "aws_secret_key": account.SECRET_ACCESS_KEY}
FIELDS = {"access_key_field": "aws_access_key", "secret_key_field": "aws_secret_key"}


@pytest.fixture(autouse=True, scope="module")
def loaded():
    """The SDK, which a busy machine loads for longer than a list of functions has time."""
    aws.warm()


def configuration(function: str, **more) -> dict:
    """Return what document 002 shows, for a function."""
    return {
        "type": "lambda",
        "function_name": function,
        "aws_region": "us-east-1",
        "credentials": FIELDS,
        **more,
    }


async def invoke(function, arguments=None, *, secrets=KEYS, seconds=60.0, retries=0, **more):
    return await go_async(
        configuration(function, **more),
        arguments,
        secrets=secrets,
        seconds=seconds,
        retries=retries,
    )


async def test_a_function_gets_context_and_parameters_and_answers(stand_ins):
    template = {
        "call_context": {"phone_number": "${phone_number}", "call_sid": "${call_sid}"},
        "parameters": "${parameters}",
    }
    outcome = await go_async(
        configuration("echo", payload_template=template),
        {"article": "bell"},
        secrets=KEYS,
        context={"call_sid": "CA1"},
    )
    assert outcome.output["data"]["event"] == {
        "call_context": {"phone_number": "+12025550123", "call_sid": "CA1"},
        "parameters": {"article": "bell"},
    }
    assert (outcome.status, outcome.output["message"]) == ("success", "Echo.")


async def test_without_a_template_the_arguments_are_the_event(stand_ins):
    outcome = await invoke("check-stock", {"article": "Bell"})
    assert outcome.output["data"] == {"article": "bell", "in_stock": 31}


async def test_a_function_that_says_no_is_an_error_in_its_words(stand_ins):
    outcome = await invoke("check-stock", {"article": "boat"})
    assert (outcome.status, outcome.error_code) == ("error", "")
    assert "boat" in outcome.public_message


async def test_the_trace_has_log_and_cost(stand_ins):
    outcome = await invoke("check-stock", {"article": "bell"})
    assert "looking for 'bell'" in outcome.trace["response"]["log_tail"]
    usage = outcome.trace["usage"]
    assert usage["memory_mb"] == 256
    assert usage["billed_ms"] >= 1
    assert 0 < usage["estimated_cost_usd"] < 0.001
    assert "assumed" not in usage


@pytest.mark.parametrize(
    ("function", "arguments", "words", "kind"),
    [
        ("fail", {"message": "No table."}, "The function failed: No table.", "ValueError"),
        ("crash", {}, "exited with error", "Runtime.ExitError"),
        ("odd", {}, "not JSON serializable", "Runtime.MarshalError"),
        ("slow", {"ms": 3000}, "timed out after 1.00 seconds", "Sandbox.Timedout"),
        ("large", {"bytes": 6_500_000}, "payload size exceeded", "ResponseSizeTooLarge"),
    ],
)
async def test_a_function_that_breaks_says_how(stand_ins, function, arguments, words, kind):
    outcome = await invoke(function, arguments)
    assert (outcome.status, outcome.error_code) == ("error", "lambda_error")
    assert words in outcome.public_message
    assert kind in outcome.detail
    assert outcome.trace["usage"]["estimated_cost_usd"] > 0


async def test_a_stack_is_for_staff_alone(stand_ins):
    outcome = await invoke("fail")
    assert "functions.py" in outcome.detail
    assert "functions.py" not in outcome.public_message


async def test_an_event_is_accepted_and_not_waited_for(stand_ins):
    outcome = await invoke("slow", {"ms": 60_000}, invocation_type="Event")
    assert outcome.status == "success"
    assert outcome.trace["response"]["status"] == 202


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"function_name": "nobody"}, "does not know the function nobody in us-east-1"),
        ({"secrets": {**KEYS, "aws_secret_key": "wrong"}}, "does not accept the tool's keys"),
        ({"secrets": {**KEYS, "aws_access_key": "AKIANOBODY"}}, "does not accept the tool's keys"),
        (
            {"secrets": {"aws_access_key": account.LISTING_KEY_ID,
                         "aws_secret_key": account.LISTING_SECRET}},
            "may not use the function echo",
        ),
    ],
)  # fmt: skip
async def test_what_aws_refuses_is_said_in_a_sentence_and_not_tried_again(
    stand_ins, changes, words
):
    changes = dict(changes)
    outcome = await invoke(changes.pop("function_name", "echo"), retries=2, **changes)
    assert (outcome.error_code, outcome.retry_count) == ("lambda_error", 0)
    assert words in outcome.public_message
    assert "AWS answered 40" in outcome.detail


@pytest.mark.parametrize("fault", ["throttled", "service_error"])
async def test_a_passing_fault_of_aws_is_tried_again_by_the_engine_alone(stand_ins, fault):
    stand_ins.behave(lambda_faults=1, lambda_fault=fault)
    outcome = await invoke("echo", retries=1)
    assert (outcome.status, outcome.retry_count) == ("success", 1)
    stand_ins.behave(lambda_faults=2)
    assert (await invoke("echo")).error_code == "lambda_error"
    assert (await invoke("echo")).error_code == "lambda_error"
    assert (await invoke("echo")).status == "success"


async def test_an_unreadable_answer_is_shown_by_its_beginning(stand_ins):
    stand_ins.behave(lambda_faults=1, lambda_fault="garbage")
    outcome = await invoke("echo")
    assert outcome.error_code == "bad_response"


async def test_silence_ends_at_the_deadline_and_its_cost_is_assumed(stand_ins):
    assert (await invoke("echo")).status == "success"  # what is slow once only is over then
    stand_ins.behave(lambda_faults=1, lambda_fault="hang")
    outcome = await invoke("echo", seconds=2.0)
    assert (outcome.status, outcome.error_code) == ("timeout", "timeout")
    assert 1_000 < outcome.duration_ms < 45_000
    assert outcome.trace["usage"]["assumed"] is True


async def test_no_secret_in_trace_or_detail(stand_ins):
    secret = account.SECRET_ACCESS_KEY
    outcome = await invoke("echo", {"said": f"it is {secret}"})
    assert secret not in json.dumps([outcome.trace, outcome.detail])
    broken = await invoke("fail", {"message": f"it is {secret}"})
    assert secret not in json.dumps([broken.trace, broken.detail, broken.output])


async def test_a_missing_credential_names_itself(stand_ins):
    outcome = await invoke("echo", secrets={"aws_access_key": "x"})
    assert "aws_secret_key" in outcome.public_message


@pytest.mark.parametrize(("kind", "size"), [("RequestResponse", 6), ("Event", 1)])
async def test_an_event_beyond_the_limit_is_not_sent(stand_ins, kind, size):
    stand_ins.behave(lambda_faults=1)
    event = {"text": "x" * size * 1_048_576}
    outcome = await invoke("echo", payload_template=event, invocation_type=kind)
    assert outcome.error_code == "invalid_arguments"
    assert f"{size * 1_048_576:,}" in outcome.public_message
    assert outcome.trace is None


async def test_a_role_is_taken_once_for_many_runs(stand_ins):
    role = {**FIELDS, "role_arn": account.PARTNER_ROLE,
            "external_id": account.PARTNER_EXTERNAL_ID}  # fmt: skip
    first = await invoke("echo", credentials=role)
    second = await invoke("echo", credentials=role)
    assert (first.status, second.status) == ("success", "success")
    assert len((await stand_ins.app.aws()).roles_taken) == 1


async def test_a_role_with_the_wrong_external_id_is_refused(stand_ins):
    role = {**FIELDS, "role_arn": account.PARTNER_ROLE, "external_id": "another"}
    outcome = await invoke("echo", credentials=role)
    assert f"may not use the role {account.PARTNER_ROLE}" in outcome.public_message


async def test_the_servers_own_keys_are_for_whom_the_operator_names(
    stand_ins, settings, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account.ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", account.SECRET_ACCESS_KEY)
    refused = await invoke("echo", credentials={"source": "host"})
    assert refused.error_code == "refused"
    assert "AWS_HOST_CREDENTIALS_FOR" in refused.detail
    settings.AWS_HOST_CREDENTIALS_FOR = frozenset({"7"})
    assert (await invoke("echo", credentials={"source": "host"})).status == "success"
    other = {"source": "host", "profile": "billing"}
    assert (await invoke("echo", credentials=other)).error_code == "refused"


async def test_the_machines_settings_are_not_read(stand_ins, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    assert (await invoke("echo", aws_region="eu-west-3")).status == "success"


async def test_the_operators_address_needs_no_other_permission(stand_ins, settings):
    settings.OUTBOUND_ALLOW = []
    settings.AWS_ENDPOINT_URL = f"http://localhost:{stand_ins.port}/"
    assert (await invoke("echo")).status == "success"


async def test_functions_to_choose_from(stand_ins):
    secrets = FixedSecrets(KEYS)
    found = list_functions_in_thread(secrets)
    names = [function.name for function in await found]
    assert names == ["check-stock", "crash", "echo", "fail", "large", "odd", "slow"]


async def test_functions_that_may_not_be_listed(stand_ins):
    with pytest.raises(ToolError, match="does not accept the tool's keys"):
        await list_functions_in_thread(FixedSecrets({**KEYS, "aws_secret_key": "wrong"}))


async def list_functions_in_thread(secrets):
    return await asyncio.to_thread(list_functions, "us-east-1", Credentials(**FIELDS), secrets, 7)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (answering(b"not http at all\r\n\r\n"), "connection_failed"),
        (answering(HEAD + b"Content-Length: 50\r\n\r\nshort"), None),
        (answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\n<html"), "lambda_error"),
        (answering(b"HTTP/1.1 302 Go\r\nLocation: http://169.254.169.254/\r\n"
                   b"Content-Length: 0\r\n\r\n"), "lambda_error"),
        (answering(ok(b"x" * 10_000_000)), "bad_response"),
        (answering(ok(b"[" * 100_000)), "bad_response"),
        (answering(ok(b'"\xff\xfe"')), "bad_response"),
        (answering(ok(b'{"success": "perhaps"}')), "bad_response"),
        (answering(ok(b'{"errorMessage": {"deep": [1]}}', b"X-Amz-Function-Error: Unhandled")),
         "lambda_error"),
        (answering(ok(b"\xff\x00", b"X-Amz-Function-Error: Handled")), "lambda_error"),
        (dripping(HEAD + b"Content-Length: 5000\r\n\r\n", b" "), "timeout"),
    ],
)  # fmt: skip
async def test_hostile_answers(settings, handler, code):
    server = RawServer(handler)
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.port}"
    try:
        outcome = await invoke("echo", seconds=1.0 if code in (None, "timeout") else 60.0)
    finally:
        server.stop()
    assert outcome.status in ("error", "timeout")
    assert outcome.error_code == (code or outcome.error_code)
    assert outcome.error_code != "internal"
    assert outcome.duration_ms < 45_000


LONG = "canary-" + "7" * 60
REFUSAL = json.dumps({"message": "x" * 970 + LONG}).encode()
REFUSED = b"HTTP/1.1 400 No\r\nX-Amzn-ErrorType: X\r\nContent-Length: %d\r\n\r\n%b"


@pytest.mark.parametrize(
    "answer",
    [
        ok(json.dumps({"errorMessage": "x" * 280 + LONG}).encode(), b"X-Amz-Function-Error: a"),
        ok(("x" * 180 + LONG).encode(), b"X-Amz-Function-Error: a"),
        ok(json.dumps({"success": "x" * 180 + LONG}).encode()),
        REFUSED % (len(REFUSAL), REFUSAL),
    ],
    ids=["error", "no JSON", "success field", "AWS's own"],
)
async def test_no_part_of_a_secret_is_told_where_a_text_is_cut(settings, answer):
    server = RawServer(answering(answer))
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.port}"
    try:
        outcome = await invoke("echo", secrets={**KEYS, "aws_secret_key": LONG})
    finally:
        server.stop()
    assert outcome.status == "error" and "canary" not in repr(outcome)
    assert "xxx" in outcome.detail


async def test_a_log_that_is_no_base64_is_left_out(settings):
    server = RawServer(answering(ok(b"null", b"X-Amz-Log-Result: %%%")))
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.port}"
    try:
        outcome = await invoke("echo")
    finally:
        server.stop()
    assert outcome.status == "success"
    assert outcome.trace["response"]["log_tail"] == ""
    assert "usage" not in outcome.trace
