"""What a configuration touches, as a test of what nobody has reviewed is held to it."""

import pytest

from tests.factories.organizations import make_member
from tests.factories.tools import make_tool, tool_values
from tools_library.approvals import trying
from tools_library.approvals.errors import NotReviewed
from tools_library.approvals.reach import Reach, reach_of
from tools_library.models import ToolReview
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import credentials

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

ROLE = "arn:aws:iam::123456789012:role/orders"
HOST = {"source": "host"}
KEYS = {"access_key_field": "AWS_KEY", "secret_key_field": "AWS_SECRET"}
CODE = "def execute_tool(p, c):\n    return '${NO} https://no.example.com'\n"


def invoking(own, function="orders", region="eu-west-1", **more):
    return {"function_name": function, "aws_region": region, "credentials": own, **more}


def reach(tool_type, configuration, fixed=None):
    return reach_of(tool_type, configuration, frozenset(), fixed or {})


def test_python_tools_reach_the_hosts_and_credentials_they_name():
    configuration = {
        "code": CODE, "allowed_hosts": ["API.example.com"], "environment_variables": ["SHOP_TOKEN"],
    }  # fmt: skip
    named = Reach(frozenset({"api.example.com"}), frozenset({"SHOP_TOKEN"}))
    assert reach("python_function", configuration) == named


@pytest.mark.parametrize("tool_type", ["python_function", "a_kind_of_tomorrow"])
def test_what_stands_in_code_is_never_a_credential(tool_type):
    configuration = {"code": CODE, "memory_limit_mb": -1, "note": "${SHOP_TOKEN}"}
    assert reach(tool_type, configuration) == Reach(frozenset(), frozenset({"SHOP_TOKEN"}))


def test_a_credential_in_the_key_of_an_object_is_one_too():
    body = {"order": [{"${SHOP_TOKEN}": 1}]}
    configuration = {"url": "https://api.example.com/", "request_body_template": body}
    assert reach("endpoint", configuration).credentials == {"SHOP_TOKEN"}


@pytest.mark.parametrize(
    ("own", "more"),
    [
        (KEYS, set()),
        (KEYS | {"role_arn": ROLE}, {f"the role {ROLE}"}),
        (HOST, {"the server's own AWS keys"}),
        (HOST | {"profile": "shop"}, {"the server's own AWS keys of shop"}),
        (HOST | {"role_arn": ROLE}, {"the server's own AWS keys", f"the role {ROLE}"}),
    ],
)
def test_lambda_tools_reach_a_function_and_whoever_invokes_it(own, more):
    found = reach("lambda", invoking(own, payload_template={"a": "${SHOP_TOKEN}"}, timeout=4))
    named = {"AWS_KEY", "AWS_SECRET"} if own.get("source") != "host" else set()
    assert found.credentials == named | {"SHOP_TOKEN"} and not found.hosts
    assert found.rights == more | {"the AWS Lambda function orders in eu-west-1"}


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        (invoking(HOST), "the server's own AWS keys"),
        (invoking(KEYS | {"role_arn": ROLE}), f"the role {ROLE}"),
        (invoking(KEYS, "elsewhere"), "the AWS Lambda function elsewhere in eu-west-1"),
        (invoking(KEYS, region="us-east-1"), "the AWS Lambda function orders in us-east-1"),
        (invoking(KEYS), None),
    ],
)
def test_a_test_of_an_unreviewed_function_keeps_to_what_is_approved(
    organization, configuration, named
):
    for name in ("AWS_KEY", "AWS_SECRET"):
        credentials.create(organization, name, "a long enough value", by=None)
    make_tool(organization, tool_type="lambda", configuration=invoking(KEYS))
    builder, admin = make_member(organization, "builder"), make_member(organization, "admin")

    def try_it(by):
        parameters = tool_values()["function_definition"]
        return trying.allowed_for_test(
            organization.pk, "lambda", configuration, parameters, {}, by=by
        )

    if named is None:
        assert try_it(builder) is False, "it is within what is approved"
        return
    with pytest.raises(NotReviewed) as refused:
        try_it(builder)
    assert named in refused.value.public_message
    assert try_it(admin) is True
    organization.tool_review = "second"
    organization.save()
    make_member(organization, "admin")
    assert try_it(admin) is True
    assert named in AuditEntry.unscoped.get(action="tool.test_allowed").data["rights"]


def test_a_mail_carries_no_credential_that_no_built_in_tool_may_send(organization):
    credentials.create(organization, "SHOP_TOKEN", "a long enough value", by=None)
    mail = {"builtin": "send_email"}
    found = reach("builtin", mail, {"body": "${SHOP_TOKEN}"})
    assert found.credentials == {"SHOP_TOKEN"}
    assert found.rights == {"the credential SHOP_TOKEN in what a built-in tool sends"}
    assert not reach("builtin", mail, {"body": "Hello ${caller}", "caller": "you"})
    assert ToolReview.unscoped.count() == 0
