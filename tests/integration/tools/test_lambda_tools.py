"""Lambda tools as rows: saved, run with stored credentials, their cost added up and capped."""

import base64
import datetime
import json
from types import SimpleNamespace

import pytest
from django.utils import timezone

from tests.factories.organizations import make_member
from tests.factories.tools import origin, tool_values
from tests.security.outbound.servers import RawServer, answering, ok
from tools_library.approvals.errors import NotReviewed
from tools_library.models import ToolExecution
from tools_library.services import execution, lambda_costs, lambda_functions, starting, trials
from tools_library.services.lambda_costs import spent_today_usd
from tools_library.services.tools import save_tool
from voiceassist.foundation import providers
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.services import credentials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

LOG = "REPORT RequestId: 1\tDuration: 1 ms\tBilled Duration: 60000 ms\tMemory Size: 1024 MB\t\n"
COST = 60 * 0.0000166667 + 0.0000002


@pytest.fixture(autouse=True)
def in_process(settings):
    settings.JOBS_RUNNER = "in_process"


@pytest.fixture(autouse=True)
def one_day(monkeypatch):
    """Today is the day on which the test began, should midnight pass meanwhile."""
    began = timezone.now()
    monkeypatch.setattr(lambda_costs, "timezone", SimpleNamespace(now=lambda: began))


@pytest.fixture
def aws(settings):
    providers.aws.warm()  # a busy machine loads the SDK for longer than a run has time
    log = base64.b64encode(LOG.encode())
    body = json.dumps({"success": True, "message": "done"}).encode()
    server = RawServer(answering(ok(body, b"X-Amz-Log-Result: " + log)))
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.port}"
    yield server
    server.stop()


@pytest.fixture
def save(organization):
    credentials.create(organization, "aws_access_key", "AKIAEXAMPLE")
    credentials.create(organization, "aws_secret_key", "secret-of-the-account")

    def make(**more):
        configuration = {
            "type": "lambda",
            "function_name": "orders",
            "aws_region": "eu-west-1",
            "credentials": {
                "access_key_field": "aws_access_key",
                "secret_key_field": "aws_secret_key",
            },
            **more,
        }
        values = tool_values(tool_type="lambda", configuration=configuration)
        return save_tool(organization, values, by=None)

    return make


def run(tool, organization):
    return execution.run_and_wait(tool, {"order_id": "1"}, origin(organization))


def test_a_saved_tool_runs_with_the_organizations_keys(organization, save, aws):
    row = run(save(), organization)
    assert row.status == "success"
    assert b"Credential=AKIAEXAMPLE/" in aws.requests[0]
    assert aws.requests[0].startswith(b"POST /2015-03-31/functions/orders/invocations")


def test_costs_of_today_are_added_up(organization, save, aws):
    tool = save()
    for _ in range(2):
        run(tool, organization)
    assert spent_today_usd(organization.pk, tool.pk, tool.name) == pytest.approx(2 * COST)
    another = timezone.now() + datetime.timedelta(days=2)
    assert spent_today_usd(organization.pk, tool.pk, tool.name, another) == 0


def test_a_cap_lets_no_run_begin_once_it_is_reached(organization, save, aws):
    tool = save(daily_cap_usd=1.5 * COST)
    rows = [run(tool, organization) for _ in range(3)]
    assert [row.error_code for row in rows] == ["", "", "rate_limited"]
    assert "cost limit" in rows[2].message
    assert len(aws.requests) == 2


def test_drafts_and_the_saved_tool_have_one_cap(organization, save, aws):
    tool = save(daily_cap_usd=1.5 * COST)
    draft = tool_values(tool_type="lambda", configuration=tool.configuration)

    def try_draft(**more):
        trial = trials.Trial({"order_id": "1"}, by=None)
        return trials.try_unsaved(organization, {**draft, **more}, trial).error_code

    assert [try_draft(), run(tool, organization).error_code] == ["", ""]
    assert [try_draft(), run(tool, organization).error_code] == ["rate_limited"] * 2
    assert try_draft(name="another_one") == ""


def test_functions_to_choose_from_are_those_of_the_tools_own_keys(organization, save, aws):
    configuration = {**save().configuration, "function_name": ""}
    aws.handle = answering(ok(json.dumps({"Functions": [{"FunctionName": "orders"}]}).encode()))
    admin = make_member(organization, "admin")
    found = lambda_functions.of(organization, configuration, by=admin)
    assert [each.name for each in found] == ["orders"]
    assert b"Credential=AKIAEXAMPLE/" in aws.requests[0]
    with pytest.raises(InvalidInput) as refused:
        lambda_functions.of(organization, {"aws_region": "mars"}, by=admin)
    assert set(refused.value.errors) == {"configuration.aws_region", "configuration.credentials"}
    unknown = {"access_key_field": "aws_access_key", "secret_key_field": "nobodys"}
    with pytest.raises(InvalidInput) as refused:
        lambda_functions.of(organization, {**configuration, "credentials": unknown}, by=admin)
    assert list(refused.value.errors) == ["configuration.credentials.secret_key_field"]


def test_a_builder_lists_functions_with_approved_keys_only(organization, save, aws):
    configuration = save().configuration
    aws.handle = answering(ok(b'{"Functions": []}'))
    builder = make_member(organization, "builder")
    assert lambda_functions.of(organization, configuration, by=builder) == ()
    credentials.create(organization, "other_key", "of-somebody-else")
    keys = {"access_key_field": "aws_access_key", "secret_key_field": "other_key"}
    with pytest.raises(NotReviewed, match="other_key"):
        lambda_functions.of(organization, {**configuration, "credentials": keys}, by=builder)
    role = {**configuration["credentials"], "role_arn": "arn:aws:iam::123456789012:role/all"}
    with pytest.raises(NotReviewed, match="role/all"):
        lambda_functions.of(organization, {**configuration, "credentials": role}, by=builder)
    assert len(aws.requests) == 1


def test_the_sdk_is_loaded_at_the_start_where_a_tool_will_need_it(organization, save):
    providers.aws._session.cache_clear()
    starting.start_aws().join()
    assert providers.aws._session.cache_info().currsize == 0
    save()
    starting.start_aws().join()
    assert providers.aws._session.cache_info().currsize == 1


def test_costs_of_other_days_do_not_count(organization, save, aws):
    tool = save(daily_cap_usd=0.5 * COST)
    assert run(tool, organization).status == "success"
    before = timezone.now() - datetime.timedelta(days=2)
    ToolExecution.unscoped.update(started_at=before)
    assert run(tool, organization).status == "success"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credentials": {"access_key_field": "nobody", "secret_key_field": "aws_secret_key"}},
         "configuration.credentials.access_key_field"),
        ({"aws_region": "mars"}, "configuration.aws_region"),
        ({"payload_template": {"a": "${unknown_name}"}}, "configuration.payload_template"),
        ({"function_name": "a b"}, "configuration.function_name"),
        ({"credentials": {}}, "configuration.credentials"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_names_its_field(save, changes, field):
    with pytest.raises(InvalidInput) as raised:
        save(**changes)
    assert field in raised.value.errors
