"""What a Lambda tool may be configured as, and what its reports are read as."""

import base64

import pytest
from pydantic import ValidationError

from tools_library.executors.aws_lambda.config import LambdaConfig
from tools_library.executors.aws_lambda.reports import Usage, log_tail, read_usage

GOOD = {
    "type": "lambda",
    "function_name": "my-lambda-function",
    "aws_region": "us-east-1",
    "invocation_type": "RequestResponse",
    "payload_template": {"parameters": "${parameters}"},
    "credentials": {
        "access_key_field": "aws_access_key",
        "secret_key_field": "aws_secret_key",
    },
}
KEYS = GOOD["credentials"]
ROLE = "arn:aws:iam::123456789012:role/tools"


def test_document_002s_example_is_taken():
    config = LambdaConfig.model_validate(GOOD)
    assert config.templates == {"payload_template": {"parameters": "${parameters}"}}
    assert config.secret_names == {
        "credentials.access_key_field": "aws_access_key",
        "credentials.secret_key_field": "aws_secret_key",
    }


@pytest.mark.parametrize(
    "name",
    [
        "orders", "orders:live", "orders:$LATEST", "123456789012:function:orders",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:7",
    ],
)  # fmt: skip
def test_names_of_functions(name):
    assert LambdaConfig.model_validate({**GOOD, "function_name": name}).function_name == name


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"function_name": "../../other"}, "function_name"),
        ({"function_name": "a/invocations?x=1"}, "function_name"),
        ({"function_name": ""}, "function_name"),
        ({"function_name": "x\n"}, "function_name"),
        ({"aws_region": "us-east-1.evil.example.com/"}, "aws_region"),
        ({"aws_region": "localhost"}, "aws_region"),
        ({"aws_region": "us-east-1\n"}, "aws_region"),
        ({"invocation_type": "DryRun"}, "invocation_type"),
        ({"payload_template": "${phone_number}"}, "payload_template"),
        ({"credentials": {}}, "credentials"),
        ({"credentials": {"access_key_field": "a"}}, "credentials"),
        ({"credentials": {**KEYS, "password": "x"}}, "credentials"),
        ({"credentials": {**KEYS, "profile": "x"}}, "credentials"),
        ({"credentials": {**KEYS, "source": "host"}}, "credentials"),
        ({"credentials": {**KEYS, "external_id": "xy"}}, "credentials"),
        ({"credentials": {**KEYS, "role_arn": "tools"}}, "credentials"),
        ({"credentials": {"source": "host", "role_arn": ROLE, "external_id": "xy"}}, "credentials"),
        ({"daily_cap_usd": 0}, "daily_cap_usd"),
        ({"daily_cap_usd": 1, "invocation_type": "Event"}, "daily_cap_usd"),
        ({"execution_timeout": 901}, "execution_timeout"),
        ({"endpoint_url": "http://169.254.169.254"}, "endpoint_url"),
    ],
)
def test_what_is_wrong_names_its_field(changes, where):
    with pytest.raises(ValidationError) as raised:
        LambdaConfig.model_validate({**GOOD, **changes})
    assert raised.value.errors()[0]["loc"][0] == where


REPORT = (
    "REPORT RequestId: 1-2\tDuration: 102.30 ms\tBilled Duration: 103 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 40 MB\tInit Duration: 99.10 ms\t\n"
)


def test_a_report_is_read():
    assert read_usage("START\nprinted\nEND\n" + REPORT) == Usage(103, 512, 40, 99)


def test_a_report_in_json_is_read():
    log = (
        '{"time":"2026-01-01","type":"platform.report","record":{"requestId":"1","metrics":'
        '{"durationMs":9.1,"billedDurationMs":10,"memorySizeMB":128,"maxMemoryUsedMB":33}}}\n'
    )
    assert read_usage(log) == Usage(10, 128, 33)


def test_the_last_report_counts_whatever_a_function_prints():
    forged = REPORT.replace("103", "1").replace("512", "1")
    assert read_usage(forged + REPORT).billed_ms == 103


@pytest.mark.parametrize("log", ["", "REPORT", "REPORT RequestId: 1\tBilled Duration: x ms"])
def test_no_report_is_no_usage(log):
    assert read_usage(log) is None


def test_cost_of_a_gigabyte_second():
    assert Usage(1000, 1024).cost_usd == pytest.approx(0.0000166667 + 0.0000002)


def test_log_tail():
    assert log_tail(base64.b64encode(b"a\xffb").decode()) == "a\ufffdb"
    assert log_tail("%%") == ""
