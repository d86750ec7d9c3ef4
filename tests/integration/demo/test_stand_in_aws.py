"""The AWS stand-in as boto3 sees it: signatures, errors in AWS's shapes, running functions."""

import asyncio
import datetime
import json
from dataclasses import replace

import boto3
import pytest
from botocore import auth
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.integration.demo.model import ask
from voiceassist.demo.stand_ins.aws import account, functions, service


@pytest.fixture
def client(stand_ins):
    def make(service="lambda", key=account.ACCESS_KEY_ID, secret=account.SECRET_ACCESS_KEY,
             token=None):  # fmt: skip
        return boto3.client(
            service,
            region_name="eu-west-1",
            endpoint_url=stand_ins.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    return make


async def invoke(client, name, event, **more):
    payload = json.dumps(event).encode()
    answer = await asyncio.to_thread(client.invoke, FunctionName=name, Payload=payload, **more)
    return answer, json.loads(await asyncio.to_thread(answer["Payload"].read) or b"null")


async def refusal(call, *args, **kwargs):
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(call, *args, **kwargs)
    return raised.value.response


async def test_a_function_runs_in_a_process_that_stays_warm(client):
    first = (await invoke(client(), "echo", {"a": "ü"}))[1]
    second = (await invoke(client(), "echo", {}))[1]
    assert first["data"]["event"] == {"a": "ü"}
    assert first["data"]["process"] == second["data"]["process"]


@pytest.fixture
async def endless(client, stand_ins, monkeypatch):
    """Starts calls of a function that goes on until the test ends; returns once they all run."""
    unlimited = replace(functions.FUNCTIONS["slow"], timeout_s=600.0)
    monkeypatch.setitem(functions.FUNCTIONS, "slow", unlimited)
    running = (await stand_ins.app.aws())._sandboxes
    calls = []

    async def start(number):
        lambdas = client()
        for _ in range(number):
            calls.append(asyncio.create_task(invoke(lambdas, "slow", {"ms": 60_000})))
        async with asyncio.timeout(120):
            while len(running._all) < number:
                await asyncio.sleep(0.01)
        return running

    yield start
    for process in running._all:
        process.kill()
    await asyncio.gather(*calls)


async def test_at_once_they_run_in_processes_of_their_own(endless):
    running = await endless(3)
    assert running.running == len(running._all) == 3


async def test_a_process_that_crashed_is_replaced(client):
    answer, body = await invoke(client(), "crash", {"status": 3})
    assert (answer["FunctionError"], body["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert "Runtime exited with error" in body["errorMessage"]
    assert (await invoke(client(), "crash", {}))[0]["FunctionError"] == "Unhandled"


async def test_an_error_has_awss_shape(client):
    answer, body = await invoke(client(), "fail", {"message": "No."}, LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (body["errorMessage"], body["errorType"]) == ("No.", "ValueError")
    assert body["stackTrace"] and body["requestId"]
    assert answer["LogResult"] and answer["ExecutedVersion"] == "$LATEST"


async def test_only_signed_requests_are_taken(stand_ins):
    path = f"{stand_ins.url}/2015-03-31/functions/echo/invocations"
    status, answer = await asyncio.to_thread(ask, path, "POST", {})
    assert (status, answer["message"]) == (403, "Missing Authentication Token")


async def test_a_body_that_was_changed_on_its_way_is_refused(client):
    lambdas = client()
    lambdas.meta.events.register("before-send", _tamper)
    told = await refusal(lambdas.invoke, FunctionName="echo", Payload=b'{"amount": 1}')
    assert told["Error"]["Code"] == "InvalidSignatureException"


def _tamper(request, **_):
    request.body = b'{"amount": 9}'


async def test_an_old_signature_is_refused(client, monkeypatch):
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=20)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *args, **kwargs: past)
    told = await refusal(client().invoke, FunctionName="echo", Payload=b"{}")
    assert "Signature expired" in told["Error"]["Message"]


@pytest.mark.parametrize(
    ("function", "payload", "status", "code"),
    [
        ("nobody", b"{}", 404, "ResourceNotFoundException"),
        ("echo", b"{not json", 400, "InvalidRequestContentException"),
        ("echo", b'"' + b"x" * 6_400_000 + b'"', 413, "RequestTooLargeException"),
    ],
)
async def test_what_lambda_refuses(client, function, payload, status, code):
    told = await refusal(client().invoke, FunctionName=function, Payload=payload)
    assert told["Error"]["Code"] == code
    assert told["ResponseMetadata"]["HTTPStatusCode"] == status


async def test_a_key_may_do_what_its_user_may(client):
    limited = client(key=account.LISTING_KEY_ID, secret=account.LISTING_SECRET)
    told = await refusal(limited.invoke, FunctionName="echo", Payload=b"{}")
    assert told["Error"]["Code"] == "AccessDeniedException"
    assert "lambda:InvokeFunction" in told["Error"]["Message"]
    assert (await asyncio.to_thread(limited.list_functions))["NextMarker"]


async def test_more_at_once_than_the_account_may_is_throttled(client, endless, monkeypatch):
    monkeypatch.setattr(service, "CONCURRENCY", 1)
    await endless(1)
    told = await refusal(client().invoke, FunctionName="echo", Payload=b"{}")
    assert told["Error"]["Code"] == "TooManyRequestsException"
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 429


async def test_a_role_gives_keys_that_work_until_they_expire(client, stand_ins, monkeypatch):
    given = (
        await asyncio.to_thread(
            client("sts").assume_role, RoleArn=account.ROLE, RoleSessionName="test"
        )
    )["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert (await invoke(client("lambda", *keys), "echo", {}))[1]["success"]
    told = await refusal(
        client("lambda", *keys[:2], "another").invoke, FunctionName="echo", Payload=b"{}"
    )
    assert told["Error"]["Code"] == "UnrecognizedClientException"
    aws = await stand_ins.app.aws()
    expired = {
        name: account.Key(key.secret, key.user, key.may, key.token, 1.0)
        for name, key in aws._keys.items()
    }
    monkeypatch.setattr(aws, "_keys", expired)
    told = await refusal(client("lambda", *keys).invoke, FunctionName="echo", Payload=b"{}")
    assert told["Error"]["Code"] == "ExpiredTokenException"


async def test_a_role_is_not_for_everybody(client):
    sts = client("sts")
    arguments = {"RoleArn": account.PARTNER_ROLE, "RoleSessionName": "test"}
    told = await refusal(sts.assume_role, **arguments, ExternalId="another")
    assert told["Error"]["Code"] == "AccessDenied"
    wrong = client("sts", secret="wrong")
    assert (await refusal(wrong.assume_role, **arguments))["Error"]["Code"] == (
        "SignatureDoesNotMatch"
    )


async def test_processes_end_with_the_stand_ins(stand_ins, client):
    await invoke(client(), "echo", {})
    boxes = (await stand_ins.app.aws())._sandboxes
    (process,) = boxes._all
    await stand_ins.app.close()
    assert process.returncode is not None
